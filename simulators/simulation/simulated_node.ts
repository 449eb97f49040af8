/** A node of a simulation: the real supervisor on a memory backend, with a guardian that starts it again. @module */
import type { Observer } from "../../actors/observer.ts";
import type { SpawnWorker } from "../../actors/pool/spawn_worker.ts";
import { Supervisor, type SupervisorOptions } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import type { MemoryStore } from "../../backends/memory/memory_store.ts";
import type { Random } from "../cases/random.ts";
import type { SimulationPlan, TimedFault } from "./fault.ts";
import type { SimulationHistory } from "./history.ts";
import type { Mutation } from "./mutation.ts";
import { nodeStore, type SimulatedStoreClock } from "./node_store.ts";
import { type FailureControls, processorsOf } from "./simulated_cases.ts";
import { InFlightGauge, linkedBackend, SimulatedLink } from "./simulated_link.ts";
import { Process, type SimulatedTime } from "./simulated_time.ts";
import { SimulatedWorker, TOO_MUCH_HEAP } from "./simulated_worker.ts";

/** What all nodes of a simulation share. */
export interface SimulationContext {
  readonly schedule: SimulationPlan;
  readonly time: SimulatedTime;
  readonly random: Random;
  readonly history: SimulationHistory;
  readonly store: MemoryStore;
  readonly clock: SimulatedStoreClock;
  readonly failures: Omit<FailureControls, "exit">;
  readonly mutation: Mutation;
}

/** Attempts that a delivery has. */
export const SIMULATED_MAX_ATTEMPTS = 5;

/** Longer than it takes until a worker that died again and again is started once more. */
const STOP_WITHIN_MS = 10_000;
const RESTART_DELAY_MS = 35;

const supervisorOptions = {
  // Real time: the watchdog inside a worker is not simulated.
  deliveryTimeoutMs: 30_000,
  ...{ hangMs: 400, startMs: 500, stateLimit: 6, heapCeilingBytes: TOO_MUCH_HEAP - 1 },
  intensity: { restarts: 8, periodMs: 5_000 },
  policy: { maxAttempts: SIMULATED_MAX_ATTEMPTS, backoff: { firstMs: 10, longestMs: 100 } },
};

/** One life of a node, from its start to its end. */
interface NodeRun {
  readonly name: string;
  readonly process: Process;
  readonly link: SimulatedLink;
  readonly backend: Backend;
  readonly supervisor: Supervisor;
}

export class SimulatedNode {
  readonly #context: SimulationContext;
  readonly #index: number;
  /** Faults that wait for their moment. */
  readonly #pendingFaults: TimedFault[] = [];
  readonly inFlight: InFlightGauge[] = [];
  /** Names of its lives that ended in order: they have given back all they held. */
  readonly cleanStops = new Set<string>();
  #runCount = 0;
  #cuts = 0;
  #extraMs = 0;
  #run: NodeRun | undefined;
  /** Nobody starts it again. */
  #ended = false;

  constructor(context: SimulationContext, index: number) {
    this.#context = context;
    this.#index = index;
  }

  /** False between the end of a life and the next one. */
  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** Batches its present life has in hand. */
  get batchesInFlight(): number {
    return this.isRunning ? this.inFlight.at(-1)!.batches : 0;
  }

  start(): void {
    if (this.#ended || this.#run !== undefined) return;
    const process = new Process(`n${this.#index}.${++this.#runCount}`);
    this.#context.time.after(0, process, () => this.#boot(process));
  }

  #boot(process: Process): void {
    const { name } = process;
    const { time, random, history, schedule, store, clock, mutation } = this.#context;
    const link = new SimulatedLink({
      ...{ name, time, process, random, history },
      takeFault: (kind) => this.#takeFault([kind]),
    });
    link.extraMs = this.#extraMs;
    for (let i = 0; i < this.#cuts; i++) link.cut();
    const gauge = new InFlightGauge();
    this.inFlight.push(gauge);
    const { leaseMs, batchSize, batchBytes } = schedule;
    const shared = nodeStore(name, link.client, mutation.store?.(store) ?? store, clock, history);
    const backend = createMemoryBackend({ shared, owner: name, leaseMs, batchSize, batchBytes });
    const linked = linkedBackend(backend, link, gauge);
    const mutatedBackend = mutation.backend?.(linked) ?? linked;
    const supervisor = new Supervisor(
      mutatedBackend,
      this.#processors(),
      this.#observer(name),
      this.#options(process),
    );
    this.#run = { name, process, link, backend, supervisor };
    history.record(`${name} starts`);
    void this.#supervise(this.#run);
  }

  #processors() {
    return processorsOf({
      ...this.#context.failures,
      exit: () => unreachable("a handler ran outside of a worker"),
    });
  }

  #options(process: Process): SupervisorOptions {
    const { schedule: { workers, prefetch }, mutation, random } = this.#context;
    const spawn = () => this.#spawn(process);
    const hasRunawayThread = () => Promise.resolve(random.chance(0.5));
    return {
      ...supervisorOptions,
      workers,
      prefetch,
      hasRunawayThread,
      spawn: mutation.spawn?.(spawn) ?? spawn,
    };
  }

  #spawn(process: Process): ReturnType<SpawnWorker> {
    const { time, random, failures, history } = this.#context;
    return new SimulatedWorker({
      ...{ time, process, random, failures },
      takeFault: (...kinds) => this.#takeFault(kinds),
      killNode: () => {
        if (process === this.#run?.process) this.kill();
      },
      onExit: () => history.recordExpected(process.name, "exit"),
    });
  }

  async #supervise(run: NodeRun): Promise<void> {
    const { supervisor, name } = run;
    const { history } = this.#context;
    try {
      await supervisor.start();
      const ending = await supervisor.ended();
      if (ending.kind === "escalated") history.record(`${name} escalates: ${ending.reason}`);
    } catch (error) {
      history.recordBreach(`bug in ${name}: ${(error as Error)?.stack ?? error}`);
    }
    await this.stop();
  }

  /** The node ends in order. True when all it had in hand was settled. */
  async stop(): Promise<boolean> {
    const run = this.#run;
    if (run === undefined) return true;
    const inTime = await run.supervisor.stop(STOP_WITHIN_MS);
    this.#context.history.record(`${run.name} stops${inTime ? "" : " late"}`);
    if (run === this.#run) {
      // Without its store it can only leave its leases to run out.
      if (this.#cuts === 0) await run.backend.close();
      if (this.#cuts === 0) this.cleanStops.add(run.name);
      this.kill();
    }
    return inTime;
  }

  /** The node ends at once. Its guardian starts another one. */
  kill(afterMs = RESTART_DELAY_MS): void {
    const run = this.#run;
    if (run === undefined) return;
    const { time } = this.#context;
    time.kill(run.process);
    time.kill(run.link.client);
    this.#run = undefined;
    time.after(afterMs, time.outside, () => this.start());
  }

  /** Stops for good. */
  async shutDown(): Promise<boolean> {
    this.#ended = true;
    return await this.stop();
  }

  /** Runs something in the node, as from a signal handler. False when there is no node. */
  runInProcess(act: () => void): boolean {
    if (this.#run === undefined) return false;
    this.#context.time.after(0, this.#run.process, act);
    return true;
  }

  /** Stands still for so long; true when there was somebody to stop. */
  freeze(ms: number): boolean {
    const run = this.#run;
    if (run === undefined) return false;
    const { time } = this.#context;
    for (const process of [run.process, run.link.client]) {
      time.pause(process);
      time.after(ms, time.outside, () => time.resume(process));
    }
    return true;
  }

  jumpClock(ms: number): boolean {
    if (this.#run !== undefined) this.#run.process.clockOffset += ms;
    return this.#run !== undefined;
  }

  cut(): void {
    this.#cuts++;
    this.#run?.link.cut();
  }

  heal(): void {
    this.#cuts--;
    this.#run?.link.heal();
  }

  delay(extraMs: number): void {
    this.#extraMs = extraMs;
    if (this.#run !== undefined) this.#run.link.extraMs = extraMs;
  }

  addFault(fault: TimedFault): void {
    this.#pendingFaults.push(fault);
  }

  #takeFault<K extends TimedFault["kind"]>(kinds: K[]): Extract<TimedFault, { kind: K }> | undefined {
    const index = this.#pendingFaults.findIndex(({ kind }) => (kinds as string[]).includes(kind));
    if (index === -1) return undefined;
    const [fault] = this.#pendingFaults.splice(index, 1);
    this.#context.history.recordEffect(fault!.kind, `n${this.#index}`);
    return fault as Extract<TimedFault, { kind: K }>;
  }

  #observer(name: string): Observer {
    const { history } = this.#context;
    const observe = (what: string) => history.recordObserved(name, what);
    const observer: Observer = {
      settled: () => {},
      retried: ({ processor, eventId, attempt }) => observe(`retry ${processor} ${eventId} ${attempt}`),
      deadLettered: ({ processor, eventId, attempt }) =>
        observe(`deadLetter ${processor} ${eventId} ${attempt}`),
      held: ({ processor, eventId, attempt }) => observe(`held ${processor} ${eventId} ${attempt}`),
      fenced: ({ processor, partition, epoch }) => observe(`fenced ${processor} ${partition} ${epoch}`),
      workerRestarted: () => observe("exit"),
      processorRestarted: ({ processor, reason }) =>
        history.recordBreach(`bug in ${processor} of ${name}: ${reason}`),
      backendUnavailable: () => {},
      backendAvailable: () => {},
    };
    return this.#context.mutation.observer?.(observer) ?? observer;
  }
}

function unreachable(why: string): never {
  throw new Error(why);
}
