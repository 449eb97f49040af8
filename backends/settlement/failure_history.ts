/** The failures of a delivery that are kept as evidence: of many, the first and the last. Pure. @module */
import type { Failure } from "../mailbox/mailbox.ts";

/** Of more failures than both, those between are dropped: a delivery may be retried for years. */
export const KEPT_FIRST = 5;
export const KEPT_LAST = 15;

/** The failures with one more. */
export function appendFailure(failures: readonly Failure[], failure: Failure): readonly Failure[] {
  const all = [...failures, failure];
  return all.length <= KEPT_FIRST + KEPT_LAST ? all : [...all.slice(0, KEPT_FIRST), ...all.slice(-KEPT_LAST)];
}
