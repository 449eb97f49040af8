/** What a chaos node is, in whatever process: a real supervisor on a watched backend, that obeys orders. @module */
import { processors } from "../../../actors/application.ts";
import { Supervisor, type SupervisorOptions } from "../../../actors/supervisor.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { MailboxHealth } from "../../../backends/health.ts";
import { delayOrAbort } from "../../../backends/primitives/concurrency.ts";
import { SMALL_PER_LARGE } from "../../../backends/primitives/priority_semaphore.ts";
import { MAX_ATTEMPTS } from "../../proof/history.ts";
import { createReportingObserver, type MailboxTotals, type ReportSink } from "../../proof/run_report.ts";
import { FaultSwitches } from "../../proof/watch_context.ts";
import { watchBackend } from "../../proof/watched_backend.ts";
import { type Order, steadyNow } from "./control_protocol.ts";
import { BATCH_BYTES } from "./open_store.ts";

/** Two workers, so that faults can strike one and spare the other. */
export const WORKERS = 2;
/** A batch may be above its bound by one delivery. */
const PREFETCH = 4;
const LARGEST_DELIVERY = 20_000;
const IN_FLIGHT_BOUNDS = {
  maxBytes: WORKERS * PREFETCH * (BATCH_BYTES + LARGEST_DELIVERY),
  maxBatches: WORKERS * PREFETCH * SMALL_PER_LARGE,
};

/** The supervision of chaos nodes: as in production, with times short enough to watch. */
const supervisorOptions: SupervisorOptions = {
  workers: WORKERS,
  deliveryTimeoutMs: 300,
  hangMs: 1_500,
  startMs: 120_000,
  stateLimit: 2_000,
  heapCeilingBytes: 120 * 1024 * 1024,
  intensity: { restarts: 40, periodMs: 60_000 },
  policy: { maxAttempts: MAX_ATTEMPTS, backoff: { firstMs: 400, longestMs: 1_000 } },
  prefetch: PREFETCH,
  entry: new URL("./chaos_worker.ts", import.meta.url),
};

const REPORT_MS = 100;
const HEALTH_MS = 300;

export class ChaosRuntime {
  readonly supervisor: Supervisor;
  readonly #switches = new FaultSwitches();
  readonly #report: ReportSink;
  readonly #workers: Worker[];
  readonly #backend: Backend;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #stopped = new AbortController();
  readonly #healthLoop: Promise<void>;

  /** `workers` is where the process keeps the workers that it has, newest last. */
  constructor(backend: Backend, report: ReportSink, workers: Worker[]) {
    this.#backend = backend;
    this.#report = report;
    this.#workers = workers;
    const observer = createReportingObserver(report, steadyNow);
    const watchedBackend = watchBackend(backend, { report, now: steadyNow, switches: this.#switches });
    this.supervisor = new Supervisor(watchedBackend, processors, observer, supervisorOptions);
    this.#timer = setInterval(() => this.#reportInFlight(), REPORT_MS);
    this.#healthLoop = this.#reportHealth();
  }

  async #reportHealth(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      // While the backend is unavailable there is nothing to report.
      const health = await this.#backend.health().catch(() => undefined);
      if (health !== undefined) {
        const { mailboxes, nextTimerAt } = health;
        await this.#report(mailboxTotals(mailboxes, nextTimerAt));
      }
      await delayOrAbort(HEALTH_MS, signal);
    }
  }

  #reportInFlight(): void {
    void this.#report({ kind: "in_flight", ...this.#switches.inFlight.takePeak(), ...IN_FLIGHT_BOUNDS });
  }

  /** Obeys an order; returns evidence of what it has done so far, as a count. */
  execute(order: Order): number {
    const switches = this.#switches;
    switch (order.do) {
      case "worker":
        return this.#orderWorker(order.worker, order.act);
      case "hold":
        switches.holdsSettles = order.on;
        return switches.settlesHeld;
      case "repeat":
        switches.repeatsBatches = order.on;
        return switches.deliveriesRepeated;
      case "clock":
        return shiftClock(order.shiftMs);
    }
  }

  #orderWorker(worker: number, order: string): number {
    const { length } = this.#workers;
    this.#workers[worker % length]?.postMessage({ chaos: order });
    return length;
  }

  async stop(): Promise<void> {
    this.#switches.holdsSettles = false;
    await this.supervisor.stop(5_000);
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#healthLoop;
    this.#reportInFlight();
  }
}

function mailboxTotals(mailboxes: readonly MailboxHealth[], nextTimerAt: string | null): MailboxTotals {
  const sum = (of: (mailbox: MailboxHealth) => number) => mailboxes.reduce((all, each) => all + of(each), 0);
  return {
    kind: "health",
    at: steadyNow(),
    mailboxes: mailboxes.length,
    pending: sum(({ pending }) => pending),
    parked: sum(({ parked }) => parked),
    retrying: sum(({ retrying }) => retrying),
    timersDue: nextTimerAt !== null && Date.parse(nextTimerAt) <= RealDate.now(),
  };
}

const RealDate = Date;

/** Sets the clock of this process this much ahead. Returns by how much it is wrong. */
function shiftClock(shiftMs: number): number {
  if (shiftMs === 0) globalThis.Date = RealDate;
  else {
    const shifted = class extends RealDate {
      constructor(...args: ConstructorParameters<typeof Date>) {
        super(...((args as unknown[]).length === 0 ? [RealDate.now() + shiftMs] : args) as [number]);
      }
      static override now = () => RealDate.now() + shiftMs;
    };
    globalThis.Date = shifted as DateConstructor;
  }
  return Math.round(Math.abs(Date.now() - RealDate.now()));
}
