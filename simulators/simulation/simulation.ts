/** Runs one schedule: nodes, producers and faults until everything is done, then the check of what became of it. @module */
import { MemoryDeadLetters } from "../../backends/memory/memory_dead_letters.ts";
import { MemoryStore } from "../../backends/memory/memory_store.ts";
import { Random } from "../random.ts";
import { checkDeadLetters } from "./check_dead_letters.ts";
import { checkEnd } from "./check_end.ts";
import type { Schedule } from "./fault.ts";
import { replaceGlobals } from "./globals.ts";
import { History } from "./history.ts";
import { inject } from "./inject.ts";
import type { Mutation } from "./mutation.ts";
import { StoreClock } from "./node_store.ts";
import { Producers } from "./producers.ts";
import { SimulatedNode, type World } from "./simulated_node.ts";
import { SimulatedTime } from "./simulated_time.ts";
import { unfinished } from "./unfinished.ts";

/** How a schedule went. */
export interface Run {
  readonly schedule: Schedule;
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
const LOOK_MS = 20;

/** Runs a schedule. Nothing else may run in this process meanwhile: it replaces its clocks. */
export async function simulate(schedule: Schedule, mutation: Mutation = {}): Promise<Run> {
  const simulation = new Simulation(schedule, mutation);
  return await simulation.run();
}

class Simulation {
  readonly #world: World;
  readonly #nodes: readonly SimulatedNode[];
  readonly #producers: Producers;
  readonly #faultsOverAt: number;
  #mended = false;

  constructor(schedule: Schedule, mutation: Mutation) {
    const time: SimulatedTime = new SimulatedTime((process, error) =>
      history.breach(`bug in ${process.name}: ${(error as Error)?.stack ?? error}`)
    );
    const history = new History(time);
    const clock = new StoreClock(time);
    const { seed, partitions } = schedule;
    const store = new MemoryStore({ partitions, clock: clock.of(time.world) });
    const tried = new Set<string>();
    const harm = {
      mended: () => this.#mended,
      first: (eventId: string) => !tried.has(eventId) && Boolean(tried.add(eventId)),
    };
    const random = new Random(seed, "run");
    this.#world = { schedule, time, random, history, store, clock, harm, mutation };
    this.#nodes = Array.from({ length: schedule.nodes }, (_, place) => new SimulatedNode(this.#world, place));
    this.#producers = new Producers(this.#world);
    const targets = { world: this.#world, nodes: this.#nodes, producers: this.#producers };
    const ends = schedule.faults.map((fault) => fault.kind === "poison" ? 0 : inject(fault, targets));
    this.#faultsOverAt = Math.max(0, ...ends);
  }

  async run(): Promise<Run> {
    const { schedule, time, history, random } = this.#world;
    const rejected = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      history.breach(`bug: nobody took care of ${(event.reason as Error)?.stack ?? event.reason}`);
    };
    globalThis.addEventListener("unhandledrejection", rejected);
    try {
      using _ = replaceGlobals(time, random);
      await this.#play();
    } finally {
      globalThis.removeEventListener("unhandledrejection", rejected);
    }
    const { breaches, hash, effects, lines: trace } = history;
    return { schedule, breaches, hash, effects, trace, simulatedMs: time.now };
  }

  async #play(): Promise<void> {
    const { time, random } = this.#world;
    for (const node of this.#nodes) time.after(random.uniform() * 50, time.world, () => node.start());
    this.#producers.start();
    if (!await this.#drain("before anything is mended")) return;
    this.#check(checkDeadLetters(this.#world));
    await this.#mend();
    if (!await this.#drain("after everything is mended")) return;
    if (await this.#stop()) this.#check(checkEnd(this.#world, this.#nodes));
  }

  #check(breaches: readonly string[]): void {
    for (const each of breaches) this.#world.history.breach(each);
  }

  async #drain(when: string): Promise<boolean> {
    const { time, store, history } = this.#world;
    const over = () =>
      time.now >= this.#faultsOverAt && this.#producers.done && unfinished(store).length === 0;
    if (await this.#passUntil(over)) return true;
    history.breach(`I1 I7: not all is done ${when}: ${unfinished(store).join("; ") || "appends"}`);
    return false;
  }

  /** Looks now and then, and not after every step: looking costs more than most steps. */
  async #passUntil(holds: () => boolean): Promise<boolean> {
    const { time } = this.#world;
    let over = false;
    let looking = true;
    const look = () => {
      over = holds();
      if (!over && looking) time.after(LOOK_MS, time.world, look);
    };
    time.after(0, time.world, look);
    const inTime = await time.passUntil(() => over, Math.max(time.now, this.#faultsOverAt) + DRAIN_MS);
    looking = false;
    return inTime;
  }

  async #mend(): Promise<void> {
    const { store, history } = this.#world;
    this.#mended = true;
    // What is in hand was tried before: settled after the redrive, it would be a dead letter for a second time.
    await this.#passUntil(() => this.#nodes.every(({ inHand }) => inHand === 0));
    const deadLetters = new MemoryDeadLetters(store);
    const redriven = await deadLetters.redrive({}, { by: "simulation", why: "mended" });
    history.note(`${redriven} dead letters are redriven`);
  }

  async #stop(): Promise<boolean> {
    const { time, history } = this.#world;
    const ended = this.#nodes.map(() => false);
    this.#nodes.forEach((node, i) => {
      const stop = async () => {
        if (!await node.end()) {
          history.breach(`I8: node ${i} did not stop in time though it had nothing to do`);
        }
        ended[i] = true;
      };
      time.after(0, time.world, () => void stop());
    });
    if (await this.#passUntil(() => ended.every(Boolean))) return true;
    history.breach("A node never stopped");
    return false;
  }
}
