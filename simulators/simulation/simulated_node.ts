/** A node of a simulation: the real supervisor on a memory backend, with a guardian that starts it again. @module */
import type { Observer } from "../../actors/observer.ts";
import type { SpawnWorker } from "../../actors/pool/spawn_worker.ts";
import { Supervisor, type SupervisorOptions } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import { MAX_ATTEMPTS } from "../proof/history.ts";
import { createReportingObserver, type ReportSink } from "../proof/run_report.ts";
import { FaultSwitches } from "../proof/watch_context.ts";
import { watchBackend } from "../proof/watched_backend.ts";
import { PendingFaults } from "./pending_faults.ts";
import { processorsOf } from "./simulated_cases.ts";
import { linkedBackend, SimulatedLink } from "./simulated_link.ts";
import { Process } from "./simulated_time.ts";
import { SimulatedWorker, TOO_MUCH_HEAP } from "./simulated_worker.ts";
import { reporterOf, type SimulationContext } from "./simulation_context.ts";
import { storeFor } from "./store_clock.ts";

/** Longer than it takes until a worker that died again and again is started once more. */
const STOP_WITHIN_MS = 10_000;
const RESTART_DELAY_MS = 35;

const supervisorOptions = {
  // Real time: the watchdog inside a worker is not simulated.
  deliveryTimeoutMs: 30_000,
  ...{ hangMs: 400, startMs: 500, stateLimit: 6, heapCeilingBytes: TOO_MUCH_HEAP - 1 },
  intensity: { restarts: 8, periodMs: 5_000 },
  policy: { maxAttempts: MAX_ATTEMPTS, backoff: { firstMs: 10, longestMs: 100 } },
};

/** One life of a node, from its start to its end. */
interface NodeLife {
  readonly name: string;
  readonly process: Process;
  readonly link: SimulatedLink;
  readonly backend: Backend;
  readonly supervisor: Supervisor;
  readonly report: ReportSink;
  readonly switches: FaultSwitches;
}

export class SimulatedNode {
  readonly #context: SimulationContext;
  /** Faults that wait for their occasion. */
  readonly pending: PendingFaults;
  /** Its lives so far, the present one last. */
  readonly #lives: NodeLife[] = [];
  /** Names of its lives that ended in order: they have given back all they held. */
  readonly cleanStops = new Set<string>();
  readonly #index: number;
  #cuts = 0;
  #extraMs = 0;
  #life: NodeLife | undefined;
  #isShutDown = false;

  constructor(context: SimulationContext, index: number) {
    this.#context = context;
    this.#index = index;
    this.pending = new PendingFaults((fault) => context.trace.recordEffect(fault, `n${index}`));
  }

  /** False between the end of a life and the next one. */
  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  /** Batches its present life has in hand. */
  get batchesInFlight(): number {
    return this.#life?.switches.inFlight.batches ?? 0;
  }

  /** Reports the most that each life had in flight. */
  reportInFlight(bounds: { maxBytes: number; maxBatches: number }): void {
    for (const { report, switches } of this.#lives) {
      void report({ kind: "in_flight", ...switches.inFlight.takePeak(), ...bounds });
    }
  }

  start(): void {
    if (this.#isShutDown || this.#life !== undefined) return;
    const process = new Process(`n${this.#index}.${this.#lives.length + 1}`);
    this.#context.time.after(0, process, () => this.#boot(process));
  }

  #boot(process: Process): void {
    const { name } = process;
    const { time, random, trace, settings, store, storeClock, mutation } = this.#context;
    const report = reporterOf(this.#context, name);
    const switches = new FaultSwitches();
    const { inFlight } = switches;
    const link = new SimulatedLink({ name, time, process, random, pending: this.pending, inFlight });
    link.extraMs = this.#extraMs;
    for (let i = 0; i < this.#cuts; i++) link.cut();
    const { leaseMs, batchSize, batchBytes } = settings;
    const shared = storeFor(link.client, mutation.store?.(store) ?? store, storeClock);
    const backend = createMemoryBackend({ shared, owner: name, leaseMs, batchSize, batchBytes });
    const linked = linkedBackend(backend, link);
    const watchContext = { report, now: () => time.now, switches };
    const watched = watchBackend(mutation.backend?.(linked) ?? linked, watchContext);
    const observer = this.#observer(report);
    const supervisor = new Supervisor(watched, this.#processors(), observer, this.#options(process, report));
    this.#life = { name, process, link, backend, supervisor, report, switches };
    this.#lives.push(this.#life);
    trace.record(`${name} starts`);
    void this.#supervise(this.#life);
  }

  #processors() {
    return processorsOf({
      ...this.#context.failures,
      exit: () => unreachable("a handler ran outside of a worker"),
    });
  }

  #options(process: Process, report: ReportSink): SupervisorOptions {
    const { settings: { workers, prefetch, passes }, mutation, random } = this.#context;
    const spawn = () => this.#spawn(process, report);
    const hasRunawayThread = () => Promise.resolve(random.chance(0.5));
    return {
      ...{ ...supervisorOptions, workers, prefetch, passes, hasRunawayThread },
      spawn: mutation.spawn?.(spawn) ?? spawn,
    };
  }

  #spawn(process: Process, report: ReportSink): ReturnType<SpawnWorker> {
    const { time, random, failures } = this.#context;
    return new SimulatedWorker({
      ...{ time, process, random, failures, pending: this.pending },
      killNode: () => {
        if (process === this.#life?.process) this.kill();
      },
      onExit: () => void report({ kind: "worker_exit" }),
    });
  }

  #observer(report: ReportSink): Observer {
    const { time, mutation } = this.#context;
    const observer = createReportingObserver(report, () => time.now);
    return mutation.observer?.(observer) ?? observer;
  }

  async #supervise({ supervisor, name, report }: NodeLife): Promise<void> {
    try {
      await supervisor.start();
      const ending = await supervisor.ended();
      if (ending.kind === "escalated") this.#context.trace.record(`${name} escalates: ${ending.reason}`);
    } catch (error) {
      await report({ kind: "crashed", why: String((error as Error)?.stack ?? error) });
    }
    await this.stop();
  }

  /** The node ends in order. True when all it had in hand was settled. */
  async stop(): Promise<boolean> {
    const life = this.#life;
    if (life === undefined) return true;
    const inTime = await life.supervisor.stop(STOP_WITHIN_MS);
    this.#context.trace.record(`${life.name} stops${inTime ? "" : " late"}`);
    if (life === this.#life) {
      // Without its store it can only leave its leases to run out.
      if (this.#cuts === 0) await life.backend.close();
      if (this.#cuts === 0) this.cleanStops.add(life.name);
      this.kill();
    }
    return inTime;
  }

  /** The node ends at once. Its guardian starts another one. */
  kill(afterMs = RESTART_DELAY_MS): void {
    const life = this.#life;
    if (life === undefined) return;
    const { time } = this.#context;
    time.kill(life.process);
    time.kill(life.link.client);
    this.#life = undefined;
    time.after(afterMs, time.outside, () => this.start());
  }

  /** Stops for good. */
  async shutDown(): Promise<void> {
    const report = this.#life?.report;
    this.#isShutDown = true;
    if (await this.stop()) return;
    await report?.({ kind: "crashed", why: "it did not stop in time though it had nothing to do" });
  }

  /** Runs something in the node, as from a signal handler. False when there is no node. */
  runInProcess(act: () => void): boolean {
    if (this.#life === undefined) return false;
    this.#context.time.after(0, this.#life.process, act);
    return true;
  }

  /** Stands still for this long; false when there is no node. */
  freeze(ms: number): boolean {
    const life = this.#life;
    if (life === undefined) return false;
    const { time } = this.#context;
    for (const process of [life.process, life.link.client]) {
      process.pauses++;
      time.after(ms, time.outside, () => time.resume(process));
    }
    return true;
  }

  jumpClock(ms: number): boolean {
    if (this.#life !== undefined) this.#life.process.clockOffset += ms;
    return this.#life !== undefined;
  }

  cut(): void {
    this.#cuts++;
    this.#life?.link.cut();
  }

  heal(): void {
    this.#cuts--;
    this.#life?.link.heal();
  }

  delay(extraMs: number): void {
    this.#extraMs = extraMs;
    if (this.#life !== undefined) this.#life.link.extraMs = extraMs;
  }
}

function unreachable(why: string): never {
  throw new Error(why);
}
