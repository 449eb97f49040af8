/** What becomes of a failed delivery: policy, pure. @module */
import type { Exception, Failure } from "../backends/mailbox.ts";
import { backoffMs } from "./backoff.ts";
import { type RetryPolicy, routeOf } from "./retry_policy.ts";
import type { FailedDelivery } from "./worker_protocol.ts";

/** The outcome of a processor's failed delivery: held, retried with backoff, or a dead letter. */
export function verdict(
  processor: string,
  failed: FailedDelivery,
  policy: RetryPolicy,
  now: Date,
  random: number,
): Exception {
  const { position, eventId, caseId, attempt } = failed;
  const ids = { position, eventId, caseId, attempt };
  if (failed.held) return { ...ids, outcome: { kind: "held" } };
  const error: Failure = { ...failed.error, at: now.toISOString() };
  const route = routeOf(policy, processor, { class: error.class, final: failed.final });
  const isOver = route.outcome === "retry" && attempt >= route.maxAttempts;
  if (route.outcome === "deadLetter" || isOver) return { ...ids, outcome: { kind: "deadLetter", error } };
  return { ...ids, outcome: { kind: "retry", error, afterMs: backoffMs(attempt, route.backoff, random) } };
}
