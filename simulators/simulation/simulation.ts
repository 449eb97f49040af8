/** Runs one schedule: nodes, producers and faults until everything is done, then the check of what became of it. @module */
import { MemoryDeadLetters } from "../../backends/memory/dead_letters.ts";
import { MemoryStore } from "../../backends/memory/memory_store.ts";
import { Random } from "../cases/random.ts";
import { checkDeadLetters } from "./checks/dead_letters.ts";
import { checkEnd } from "./checks/end_state.ts";
import type { SimulationPlan } from "./fault.ts";
import { replaceGlobals } from "./globals.ts";
import { SimulationHistory } from "./history.ts";
import { scheduleFault } from "./fault_injector.ts";
import type { Mutation } from "./mutation.ts";
import { SimulatedStoreClock } from "./node_store.ts";
import { Producers } from "./producers.ts";
import { SimulatedNode, type SimulationContext } from "./simulated_node.ts";
import { SimulatedTime } from "./simulated_time.ts";
import { findUnfinished } from "./checks/unfinished_work.ts";

/** How a schedule went. */
export interface SimulationResult {
  readonly schedule: SimulationPlan;
  /** What was wrong, each with the invariant it breaks; empty when nothing was. */
  readonly breaches: readonly string[];
  /** The same for every run of the same schedule. */
  readonly hash: string;
  /** How often each kind of fault took effect. */
  readonly effects: ReadonlyMap<string, number>;
  /** Everything that happened, a line each. */
  readonly trace: readonly string[];
  readonly simulatedMs: number;
}

/** Everything must be done so long after the last fault is over. */
const DRAIN_MS = 120_000;
const CHECK_INTERVAL_MS = 20;

/** Runs a schedule. Nothing else may run in this process meanwhile: it replaces its clocks. */
export async function simulatePlan(
  schedule: SimulationPlan,
  mutation: Mutation = {},
): Promise<SimulationResult> {
  const simulation = new Simulation(schedule, mutation);
  return await simulation.run();
}

class Simulation {
  readonly #context: SimulationContext;
  readonly #nodes: readonly SimulatedNode[];
  readonly #producers: Producers;
  readonly #faultsOverAt: number;
  #isRepaired = false;

  constructor(schedule: SimulationPlan, mutation: Mutation) {
    const time: SimulatedTime = new SimulatedTime((process, error) =>
      history.recordBreach(`bug in ${process.name}: ${(error as Error)?.stack ?? error}`)
    );
    const history = new SimulationHistory(time);
    const clock = new SimulatedStoreClock(time);
    const { seed, partitions } = schedule;
    const store = new MemoryStore({ partitions, clock: clock.of(time.outside) });
    const tried = new Set<string>();
    const failures = {
      isRepaired: () => this.#isRepaired,
      isFirstAttempt: (eventId: string) => !tried.has(eventId) && Boolean(tried.add(eventId)),
    };
    const random = new Random(seed, "run");
    this.#context = { schedule, time, random, history, store, clock, failures, mutation };
    this.#nodes = Array.from(
      { length: schedule.nodes },
      (_, place) => new SimulatedNode(this.#context, place),
    );
    this.#producers = new Producers(this.#context);
    const targets = { context: this.#context, nodes: this.#nodes, producers: this.#producers };
    const ends = schedule.faults.map((fault) => fault.kind === "poison" ? 0 : scheduleFault(fault, targets));
    this.#faultsOverAt = Math.max(0, ...ends);
  }

  async run(): Promise<SimulationResult> {
    const { schedule, time, history, random } = this.#context;
    const rejected = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      history.recordBreach(`bug: nobody took care of ${(event.reason as Error)?.stack ?? event.reason}`);
    };
    globalThis.addEventListener("unhandledrejection", rejected);
    try {
      using _ = replaceGlobals(time, random);
      await this.#runPhases();
    } finally {
      globalThis.removeEventListener("unhandledrejection", rejected);
    }
    const { breaches, hash, effects, lines: trace } = history;
    return { schedule, breaches, hash, effects, trace, simulatedMs: time.now };
  }

  async #runPhases(): Promise<void> {
    const { time, random } = this.#context;
    for (const node of this.#nodes) time.after(random.uniform() * 50, time.outside, () => node.start());
    this.#producers.start();
    if (!await this.#drain("before anything is mended")) return;
    this.#check(checkDeadLetters(this.#context));
    await this.#repair();
    if (!await this.#drain("after everything is mended")) return;
    if (await this.#stop()) this.#check(checkEnd(this.#context, this.#nodes));
  }

  #check(breaches: readonly string[]): void {
    for (const each of breaches) this.#context.history.recordBreach(each);
  }

  async #drain(when: string): Promise<boolean> {
    const { time, store, history } = this.#context;
    const over = () =>
      time.now >= this.#faultsOverAt && this.#producers.done && findUnfinished(store).length === 0;
    if (await this.#advanceUntil(over)) return true;
    history.recordBreach(`I1 I7: not all is done ${when}: ${findUnfinished(store).join("; ") || "appends"}`);
    return false;
  }

  /** Looks now and then, and not after every step: looking costs more than most steps. */
  async #advanceUntil(holds: () => boolean): Promise<boolean> {
    const { time } = this.#context;
    let isDone = false;
    let isChecking = true;
    const check = () => {
      isDone = holds();
      if (!isDone && isChecking) time.after(CHECK_INTERVAL_MS, time.outside, check);
    };
    time.after(0, time.outside, check);
    const inTime = await time.advanceUntil(() => isDone, Math.max(time.now, this.#faultsOverAt) + DRAIN_MS);
    isChecking = false;
    return inTime;
  }

  async #repair(): Promise<void> {
    const { store, history } = this.#context;
    this.#isRepaired = true;
    // What is in hand was tried before: settled after the redrive, it would be a dead letter for a second time.
    await this.#advanceUntil(() => this.#nodes.every(({ batchesInFlight: inHand }) => inHand === 0));
    const deadLetters = new MemoryDeadLetters(store);
    const redriven = await deadLetters.redrive({}, { by: "simulation", why: "mended" });
    history.record(`${redriven} dead letters are redriven`);
  }

  async #stop(): Promise<boolean> {
    const { time, history } = this.#context;
    const ended = this.#nodes.map(() => false);
    this.#nodes.forEach((node, i) => {
      const stop = async () => {
        if (!await node.shutDown()) {
          history.recordBreach(`I8: node ${i} did not stop in time though it had nothing to do`);
        }
        ended[i] = true;
      };
      time.after(0, time.outside, () => void stop());
    });
    if (await this.#advanceUntil(() => ended.every(Boolean))) return true;
    history.recordBreach("A node never stopped");
    return false;
  }
}
