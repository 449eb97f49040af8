/** The outcome of a failed delivery by the policy. Pure. @module */
import type { FailedDelivery, Failure } from "../../backends/mailbox/mailbox.ts";
import { backoffMs } from "../supervision/backoff.ts";
import { type FailurePolicy, resolveRule } from "./failure_policy.ts";
import type { FailedAttempt } from "../worker/protocol.ts";

/** The outcome of a processor's failed delivery: held, retried with backoff, or a dead letter. */
export function outcomeOf(
  processor: string,
  failed: FailedAttempt,
  policy: FailurePolicy,
  now: Date,
  random: number,
): FailedDelivery {
  const { position, eventId, caseId, attempt } = failed;
  const ids = { position, eventId, caseId, attempt };
  if (failed.held) return { ...ids, outcome: { kind: "held" } };
  const error: Failure = { ...failed.error, at: now.toISOString() };
  const rule = resolveRule(policy, processor, { class: error.class, final: failed.final });
  const isExhausted = rule.outcome === "retry" && attempt >= rule.maxAttempts;
  if (rule.outcome === "deadLetter" || isExhausted) return { ...ids, outcome: { kind: "deadLetter", error } };
  return { ...ids, outcome: { kind: "retry", error, afterMs: backoffMs(attempt, rule.backoff, random) } };
}
