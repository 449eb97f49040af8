/** What becomes of a failed delivery: policy, pure. @module */
import type { Exception, Failure } from "../backends/mailbox.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import type { FailedDelivery } from "./worker_protocol.ts";

export interface RetryPolicy {
  /** Tries before a delivery becomes a dead letter. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
}

/** The outcome of a failed delivery: held, retried with backoff, or a dead letter. */
export function verdict(failed: FailedDelivery, policy: RetryPolicy, now: Date, random: number): Exception {
  const { position, eventId, caseId, attempt } = failed;
  const ids = { position, eventId, caseId, attempt };
  if (failed.held) return { ...ids, outcome: { kind: "held" } };
  const error: Failure = { ...failed.error, at: now.toISOString() };
  if (failed.final || attempt >= policy.maxAttempts) {
    return { ...ids, outcome: { kind: "deadLetter", error } };
  }
  return { ...ids, outcome: { kind: "retry", error, afterMs: backoffMs(attempt, policy.backoff, random) } };
}
