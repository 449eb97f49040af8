/** Asks the backend for its health, rarely enough that requests for /health put no load on the store. @module */
import { BackendUnavailable, BackendUnusable } from "../../backends/errors.ts";
import type { Health } from "../../backends/health.ts";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import {
  type HealthReport,
  type KnownOutage,
  type NodeFacts,
  type Outage,
  reportHealth,
  reportOutage,
} from "./health_report.ts";
import { isUnowned, partitionKey } from "./processor_report.ts";
import { redact, toErrorClass, toPrintable } from "../cli/redaction.ts";

/** `/health` may be this old, and the queue depth of a scrape that old, in milliseconds. */
export const HEALTH_AGE_MS = 1_000;
export const SCRAPE_AGE_MS = 5_000;

export interface HealthCheckOptions {
  readonly health: () => Promise<Health>;
  readonly facts: () => NodeFacts;
  /** Called with every health that was read. */
  readonly onHealth?: (health: Health) => void;
  readonly thresholdMs?: number;
  /** A backend that takes longer to answer is unavailable. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const TIMEOUT_MS = 3_000;
/** A backend that is known to be away is asked all the same, and not waited for. */
const TIMEOUT_IN_OUTAGE_MS = 250;

/** Reports on health, from memory when the last report is young enough; one question at a time. */
export class HealthCheck {
  readonly #options: HealthCheckOptions;
  readonly #now: () => number;
  #pending: Promise<HealthReport> | undefined;
  #last: { report: HealthReport; at: number; known: KnownOutage | undefined } | undefined;
  /** The question the backend has not answered yet, though we may have stopped waiting for it. */
  #open: Promise<Health> | undefined;
  #outage: Outage | undefined;
  #availableSince: number | null = null;
  #unownedSince: ReadonlyMap<string, number> = new Map();

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** A report at most `oldestMs` old, and no older than what the node knows of an outage. Never rejects: what goes wrong is the report. */
  async report(oldestMs: number = HEALTH_AGE_MS): Promise<HealthReport> {
    const last = this.#last;
    const hasChanged = last?.known !== this.#options.facts().outage;
    if (last !== undefined && !hasChanged && this.#now() - last.at < oldestMs) return last.report;
    this.#pending ??= this.#ask().finally(() => this.#pending = undefined);
    return await this.#pending;
  }

  async #ask(): Promise<HealthReport> {
    const known = this.#options.facts().outage;
    const fresh = await this.#fresh();
    const before = this.#last?.report;
    const report = before?.status === fresh.status ? { ...fresh, since: before.since } : fresh;
    this.#last = { report, at: this.#now(), known };
    return report;
  }

  async #fresh(): Promise<HealthReport> {
    const { facts, onHealth, thresholdMs } = this.#options;
    try {
      const health = await this.#healthInTime();
      onHealth?.(health);
      const now = this.#now();
      this.#remember(health, now);
      const seen = { now, availableSince: this.#availableSince, unownedSince: this.#unownedSince };
      return reportHealth(health, facts(), seen, thresholdMs);
    } catch (error) {
      const now = this.#now();
      const known = facts().outage;
      const since = Math.min(known?.since ?? now, this.#outage?.since ?? now);
      this.#outage = { ...errorText(error, known), since };
      return reportOutage(this.#outage, facts(), now);
    }
  }

  /** The backend's answer, or BackendUnavailable when it takes too long. A question still open is not asked again. */
  async #healthInTime(): Promise<Health> {
    const { health, facts, wait = delayOrAbort } = this.#options;
    const { timeoutMs = facts().outage === undefined ? TIMEOUT_MS : TIMEOUT_IN_OUTAGE_MS } = this.#options;
    this.#open ??= health().finally(() => this.#open = undefined);
    const answered = new AbortController();
    const late = wait(timeoutMs, answered.signal).then(() => {
      if (answered.signal.aborted) return undefined as never;
      throw new TooLate(`it did not answer within ${timeoutMs} ms`);
    });
    try {
      return await Promise.race([this.#open, late]);
    } finally {
      answered.abort();
    }
  }

  #remember({ mailboxes }: Health, now: number): void {
    if (this.#outage !== undefined) this.#availableSince = now;
    this.#outage = undefined;
    const keys = mailboxes.filter(isUnowned).map(partitionKey);
    this.#unownedSince = new Map(keys.map((key) => [key, this.#unownedSince.get(key) ?? now]));
  }
}

/** The backend gave no answer while it was waited for; the node may know why. */
class TooLate extends BackendUnavailable {}

/** What an error of `health()` means. Messages of the backend's own errors are meant for people; others may quote data. */
function errorText(error: unknown, known: KnownOutage | undefined): Pick<Outage, "status" | "reason"> {
  if (error instanceof TooLate && known !== undefined) return { status: "unavailable", reason: known.reason };
  if (error instanceof BackendUnavailable) {
    return { status: "unavailable", reason: redact(toPrintable(error.message)) };
  }
  if (error instanceof BackendUnusable) {
    return { status: "stuck", reason: redact(toPrintable(error.message)) };
  }
  const name = error instanceof Error ? toErrorClass(error.name) : "Error";
  return { status: "stuck", reason: redact(`the health check failed (${name})`) };
}
