/** Runs one plan: nodes, producers and faults until everything is done, then the check of its history. @module */
import type { Backend } from "../../backends/backend.ts";
import { SMALL_PER_LARGE } from "../../backends/primitives/priority_semaphore.ts";
import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../backends/memory/memory_store.ts";
import { Random } from "../cases/random.ts";
import { MAX_ATTEMPTS, type PoisonEvent, readStore, type RunHistory } from "../proof/history.ts";
import { checkHistory } from "../proof/history_checker.ts";
import { Recorder } from "../proof/recorder.ts";
import { replaceGlobals } from "./globals.ts";
import { simulationOf, type SimulationPlan } from "./plan.ts";
import { Producers } from "./producers.ts";
import {
  expectedPoison,
  processorInputs,
  SIMULATED_SECRET,
  simulatedConservation,
} from "./simulated_cases.ts";
import { SimulatedNode } from "./simulated_node.ts";
import { SimulatedTime } from "./simulated_time.ts";
import { createSimulatedTestbed, type SimulatedTestbed } from "./simulated_testbed.ts";
import type { Mutation, SimulationContext } from "./simulation_context.ts";
import { wrongStates } from "./state_check.ts";
import { SimulatedStoreClock } from "./store_clock.ts";
import { Trace } from "./trace.ts";

/** How a plan went. */
export interface SimulationResult {
  readonly plan: SimulationPlan;
  /** What was wrong, each with the invariant it breaks; empty when nothing was. */
  readonly breaches: readonly string[];
  /** The same for every run of the same plan. */
  readonly hash: string;
  /** How often each fault took effect, by name. */
  readonly effects: ReadonlyMap<string, number>;
  /** Everything that happened, a line each. */
  readonly trace: readonly string[];
  readonly simulatedMs: number;
}

/** How long after the last fault everything must be done. */
const DRAIN_MS = 120_000;
const CHECK_INTERVAL_MS = 20;

/** Runs a plan. Nothing else may run in this process meanwhile: it replaces its clocks. */
export async function simulatePlan(plan: SimulationPlan, mutation: Mutation = {}): Promise<SimulationResult> {
  const time: SimulatedTime = new SimulatedTime((process, error) => crashed(process.name, error));
  const recorder = new Recorder();
  const crashed = (name: string, error: unknown) =>
    recorder.crashes.push(`${name}: ${(error as Error)?.stack ?? error}`);
  const rejected = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    crashed("unhandled", event.reason);
  };
  const random = new Random(plan.seed, "run");
  globalThis.addEventListener("unhandledrejection", rejected);
  try {
    using _ = replaceGlobals(time, random);
    return await new Simulation(plan, time, random, recorder, mutation).run();
  } finally {
    globalThis.removeEventListener("unhandledrejection", rejected);
  }
}

class Simulation {
  readonly #plan: SimulationPlan;
  readonly #testbed: SimulatedTestbed;
  /** Reads the store, past all networks. It fires no timers: that is for nodes to do. */
  readonly #reader: Backend;
  readonly #faultsOverAt: number;
  #isRepaired = false;

  constructor(
    plan: SimulationPlan,
    time: SimulatedTime,
    random: Random,
    recorder: Recorder,
    mutation: Mutation,
  ) {
    this.#plan = plan;
    const storeClock = new SimulatedStoreClock(time);
    const trace = new Trace(time);
    const store = new MemoryStore({
      partitions: plan.partitions,
      clock: storeClock.of(time.outside),
      secret: SIMULATED_SECRET,
    });
    const tried = new Set<string>();
    const failures = {
      isRepaired: () => this.#isRepaired,
      isFirstAttempt: (eventId: string) => !tried.has(eventId) && Boolean(tried.add(eventId)),
      recordEffect: (fault: string, processor: string) => trace.recordEffect(fault, processor),
    };
    const context: SimulationContext = {
      ...{ settings: plan, time, random, trace, recorder, store, storeClock, failures, mutation },
    };
    this.#reader = createMemoryBackend({ shared: store, timersAsOf: () => new Date(0) });
    const nodes = Array.from({ length: plan.nodes }, (_, place) => new SimulatedNode(context, place));
    this.#testbed = createSimulatedTestbed(context, nodes, new Producers(context), this.#reader);
    this.#faultsOverAt = this.#scheduleFaults();
  }

  /** Returns when, at the latest, all faults are over. */
  #scheduleFaults(): number {
    const { time } = this.#testbed;
    const ends = this.#plan.faults.map(({ fault, at, parameters }) => {
      time.after(at, time.outside, () => simulationOf(fault).inject(parameters, this.#testbed));
      return at + Number(parameters.ms ?? 0);
    });
    return Math.max(0, ...ends);
  }

  async run(): Promise<SimulationResult> {
    const { time, trace, nodes, producers, random } = this.#testbed;
    for (const node of nodes) time.after(random.uniform() * 50, time.outside, () => node.start());
    producers.start();
    const breaches = await this.#runPhases();
    for (const breach of breaches) trace.record(`BREACH ${breach}`);
    const { hash, effects, lines } = trace;
    return { plan: this.#plan, breaches, hash, effects, trace: lines, simulatedMs: time.now };
  }

  /** First with what fails; then, once it is repaired and redriven, everything must be done. */
  async #runPhases(): Promise<string[]> {
    const broken = await this.#check(await this.#drain(), expectedPoison(this.#testbed.producers.failing));
    if (broken.length > 0) return broken;
    await this.#repair();
    const unsettled = await this.#drain();
    const isStopped = unsettled > 0 || await this.#stop();
    return [
      ...isStopped ? [] : ["I8: a node never stopped"],
      ...await this.#check(unsettled, []),
      ...await this.#keptLeases(),
    ];
  }

  /** What the history of the run so far breaks, each line with its invariant. */
  async #check(unsettled: number, poison: readonly PoisonEvent[]): Promise<string[]> {
    const { recorder, producers: { accepted }, nodes } = this.#testbed;
    const stored = await readStore(this.#reader, unsettled);
    const bounds = inFlightBounds(this.#plan, stored);
    for (const node of nodes) node.reportInFlight(bounds);
    const { findings } = checkHistory({
      ...{ ...recorder.reported, accepted, sent: [], poison, flaky: [], stored },
      ...{ takes: processorInputs, follows: simulatedConservation },
      ...{ maxAttempts: MAX_ATTEMPTS, clockSkewMs: 0 },
    });
    return [
      ...findings.flatMap(({ invariant, broken }) => broken.map((what) => `${invariant}: ${what}`)),
      ...wrongStates(stored.events).map((what) => `I3: ${what}`),
    ];
  }

  /** A node that stopped in order gave back what it held. */
  async #keptLeases(): Promise<string[]> {
    const { mailboxes } = await this.#reader.health();
    const stopped = this.#testbed.nodes.flatMap(({ cleanStops }) => [...cleanStops]);
    return mailboxes.filter(({ owner, leaseMs }) => leaseMs > 0 && stopped.includes(owner!))
      .map(({ owner, processor, partition }) =>
        `I5: ${owner} stopped and still holds ${processor} ${partition}`
      );
  }

  /** Lets time pass until all is done that can be done; returns how much is not, when the time is over. */
  async #drain(): Promise<number> {
    const { time, producers } = this.#testbed;
    let unsettled = 1;
    await this.#advanceUntil(async () => {
      if (time.now < this.#faultsOverAt || !producers.done) return false;
      unsettled = await this.#countUnsettled();
      return unsettled === 0;
    });
    return unsettled;
  }

  /** Timers that have not fired and deliveries that are not done, but for those behind a dead letter. */
  async #countUnsettled(): Promise<number> {
    const { mailboxes, timers } = await this.#reader.health();
    const known = mailboxes.filter(({ epoch }) => epoch > 0);
    const letters = await this.#reader.deadLetters.list({ limit: 10_000 });
    const waiting = known.reduce((sum, { pending, parked }) => sum + pending + parked, 0);
    const missing = Object.keys(processorInputs).length * this.#plan.partitions - known.length;
    return timers + missing + waiting - letters.reduce((sum, { held }) => sum + held, 0);
  }

  /** Checks every 20 ms, and not after every step: the check costs more than most steps. */
  async #advanceUntil(condition: () => boolean | Promise<boolean>): Promise<boolean> {
    const { time } = this.#testbed;
    let isDone = false;
    let isChecking = true;
    const check = async () => {
      isDone = await condition();
      if (!isDone && isChecking) time.after(CHECK_INTERVAL_MS, time.outside, () => void check());
    };
    time.after(0, time.outside, () => void check());
    const inTime = await time.advanceUntil(() => isDone, Math.max(time.now, this.#faultsOverAt) + DRAIN_MS);
    isChecking = false;
    return inTime;
  }

  async #repair(): Promise<void> {
    const { nodes, redriveAll, trace } = this.#testbed;
    this.#isRepaired = true;
    // What is in hand was tried before: settled after the redrive, it would be a dead letter for a second time.
    await this.#advanceUntil(() => nodes.every(({ batchesInFlight }) => batchesInFlight === 0));
    trace.record(`${await redriveAll()} dead letters are redriven`);
  }

  async #stop(): Promise<boolean> {
    const { time, nodes } = this.#testbed;
    let running = nodes.length;
    for (const node of nodes) {
      time.after(0, time.outside, () => void node.shutDown().then(() => running--));
    }
    return await this.#advanceUntil(() => running === 0);
  }
}

/** One delivery is always allowed: data and metadata, and room for the ids. */
function inFlightBounds(
  { workers, prefetch, batchBytes }: SimulationPlan,
  { events }: RunHistory["stored"],
): { maxBytes: number; maxBatches: number } {
  const large = workers * prefetch;
  const maxBatches = large * SMALL_PER_LARGE;
  const longest = Math.max(
    0,
    ...events.map(({ event }) => JSON.stringify([event.data, event.metadata]).length),
  );
  return { maxBytes: Math.max(large * batchBytes, maxBatches * (longest + 200)), maxBatches };
}
