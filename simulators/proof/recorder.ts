/** Keeps what nodes report, as the history of the run, and lets faults wait for it. @module */
import type {
  InFlightPeak,
  LeaseAcquisition,
  RunHistory,
  RuntimeEvent,
  RuntimeEventKind,
  SettleAttempt,
} from "./history.ts";
import type { MailboxTotals, RunReport } from "./run_report.ts";

/** The parts of a history that are reported. */
type ReportedHistory = Pick<
  RunHistory,
  "attempts" | "leasesAcquired" | "observed" | "inFlight" | "workerExits" | "crashes" | "killed" | "redriven"
>;

/** The process that reports. */
export interface NodeLife {
  readonly node: string;
  readonly life: string;
}

export class Recorder implements ReportedHistory {
  readonly attempts: SettleAttempt[] = [];
  readonly leasesAcquired: LeaseAcquisition[] = [];
  readonly observed: RuntimeEvent[] = [];
  readonly health: MailboxTotals[] = [];
  readonly crashes: string[] = [];
  readonly killed: string[] = [];
  readonly redriven: string[] = [];
  readonly workerExits: string[] = [];
  readonly #inFlight = new Map<string, InFlightPeak>();
  readonly #openAttempts = new Map<string, SettleAttempt>();
  /** The last owner of each mailbox. */
  readonly #owners = new Map<string, string>();
  readonly #waiters = new Set<() => void>();

  get inFlight(): readonly InFlightPeak[] {
    return [...this.#inFlight.values()];
  }

  /** What was reported so far, without the rest of this class. */
  get reported(): ReportedHistory {
    const { attempts, leasesAcquired, observed, inFlight, workerExits, crashes, killed, redriven } = this;
    return { attempts, leasesAcquired, observed, inFlight, workerExits, crashes, killed, redriven };
  }

  receive(life: NodeLife, report: RunReport): void {
    switch (report.kind) {
      case "lease_acquired":
        this.#recordLease(life, report);
        break;
      case "settle_begun": {
        const attempt = { ...life, ...report.attempt, endedAt: undefined, result: undefined };
        this.attempts.push(attempt);
        this.#openAttempts.set(`${life.life}/${report.id}`, attempt);
        break;
      }
      case "settle_ended":
        this.#recordSettleEnd(life, report);
        break;
      case "observed":
        this.record({ ...life, what: report.what, at: report.at, ids: report.ids });
        break;
      case "in_flight":
        this.#recordInFlight(life, report);
        break;
      case "worker_exit":
        this.workerExits.push(life.life);
        break;
      case "health":
        this.health.push(report);
        break;
      case "crashed":
        this.crashes.push(`${life.node}: ${report.why}`);
    }
    for (const wake of this.#waiters) wake();
  }

  /**
   * The store is as it was: what was settled since a moment may be there or not, and what was read behind a position is another
   * event now, or none.
   */
  rollBack(since: number, lastPosition: number): void {
    const known = this.attempts.filter(({ positions }) => positions.every((each) => each <= lastPosition));
    this.attempts.splice(0, Infinity, ...known);
    for (const attempt of known) {
      if (attempt.endedAt === undefined || attempt.endedAt >= since) attempt.result = undefined;
    }
    const leases = this.leasesAcquired.filter(({ at }) => at < since);
    this.leasesAcquired.splice(0, Infinity, ...leases);
    this.#openAttempts.clear();
  }

  record(event: RuntimeEvent): void {
    this.observed.push(event);
    for (const wake of this.#waiters) wake();
  }

  #recordLease({ node, life }: NodeLife, report: RunReport & { kind: "lease_acquired" }): void {
    const { kind: _, ...lease } = report;
    this.leasesAcquired.push({ node, life, ...lease });
    const mailbox = `${lease.processor}/${lease.partition}`;
    const before = this.#owners.get(mailbox);
    this.#owners.set(mailbox, node);
    if (before === undefined || before === node) return;
    const ids = { processor: lease.processor, partition: lease.partition, epoch: lease.epoch };
    this.record({ node, life, what: "takeover", at: lease.at, ids });
  }

  #recordSettleEnd({ life }: NodeLife, { id, result, at }: RunReport & { kind: "settle_ended" }): void {
    const attempt = this.#openAttempts.get(`${life}/${id}`);
    if (attempt === undefined) return;
    this.#openAttempts.delete(`${life}/${id}`);
    attempt.result = result;
    attempt.endedAt = at;
  }

  #recordInFlight({ node, life }: NodeLife, report: RunReport & { kind: "in_flight" }): void {
    const before = this.#inFlight.get(life);
    const { maxBytes, maxBatches } = report;
    const bytes = Math.max(report.bytes, before?.bytes ?? 0);
    const batches = Math.max(report.batches, before?.batches ?? 0);
    this.#inFlight.set(life, { node, bytes, maxBytes, batches, maxBatches });
  }

  /** What the runtime showed since a moment, of some kinds. */
  observedSince(at: number, ...kinds: readonly RuntimeEventKind[]): RuntimeEvent[] {
    return this.observed.filter((event) => event.at >= at && kinds.includes(event.what));
  }

  /** Resolves once something holds, looked at whenever something is reported; false when the time or the signal ends first. */
  async waitUntil(condition: () => boolean, withinMs: number, signal?: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const check = () => condition() && resolve(true);
    const giveUp = () => resolve(false);
    const timer = setTimeout(giveUp, withinMs);
    signal?.addEventListener("abort", giveUp);
    this.#waiters.add(check);
    if (signal?.aborted) giveUp();
    check();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
      this.#waiters.delete(check);
    }
  }
}
