/**
 * The parked-case machine: what happens to a case behind a delivery that failed. Pure; a parked case is never changed, a
 * new one takes its place. (On PostgreSQL the same machine is SQL; a property test plays histories through both.)
 * @module
 */
import type { FailedDelivery, Failure } from "../mailbox/mailbox.ts";
import { appendFailure } from "./failure_history.ts";

/** A delivery that waits: for its next attempt, behind an earlier one, or for a person. */
export interface ParkedDelivery {
  readonly position: number;
  readonly eventId: string;
  readonly state: "retry" | "held" | "dead";
  readonly attempts: number;
  readonly failures: readonly Failure[];
  /** When a retry is due, by the store's clock. */
  readonly dueAt: number;
  /** When it came into this state. */
  readonly since: number;
}

/** The parked deliveries of one case for one processor, by position. The first one is the head. */
export type ParkedCase = readonly ParkedDelivery[];

/** The case with one delivery's outcome applied; the same case where it was applied before. */
export function park(parked: ParkedCase, failure: FailedDelivery, now: number): ParkedCase {
  const { position, outcome, attempt } = failure;
  const before = parked.find((delivery) => delivery.position === position);
  if (before !== undefined && (outcome.kind === "held" || before.attempts >= attempt)) return parked;
  const rest = parked.filter((delivery) => delivery !== before);
  return [...rest, afterOutcome(before, failure, now)].sort((a, b) => a.position - b.position);
}

function afterOutcome(
  before: ParkedDelivery | undefined,
  { position, eventId, outcome }: FailedDelivery,
  now: number,
): ParkedDelivery {
  const base = { position, eventId, since: now, dueAt: now };
  if (outcome.kind === "held") return { ...base, state: "held", attempts: 0, failures: [] };
  const attempts = (before?.attempts ?? 0) + 1;
  const failures = appendFailure(before?.failures ?? [], outcome.error);
  if (outcome.kind === "deadLetter") return { ...base, state: "dead", attempts, failures };
  return { ...base, state: "retry", attempts, failures, dueAt: now + outcome.afterMs };
}

/** The head of a case must be able to move: where what was before it is gone, it is due now. */
export function promoteHead(parked: ParkedCase, now: number): ParkedCase {
  const [head, ...rest] = parked;
  return head?.state === "held" ? [{ ...head, state: "retry", dueAt: now, since: now }, ...rest] : parked;
}

/** The case with its dead letter due now, with a fresh count of attempts. What failed before is kept. */
export function revive(parked: ParkedCase, position: number, now: number): ParkedCase {
  return parked.map((delivery) =>
    delivery.position === position
      ? { ...delivery, state: "retry", attempts: 0, dueAt: now, since: now }
      : delivery
  );
}

/** The case with a delivery that is tried again due now. Its attempts go on being counted. */
export function dueNow(parked: ParkedCase, position: number, now: number): ParkedCase {
  return parked.map((delivery) => delivery.position === position ? { ...delivery, dueAt: now } : delivery);
}

/** The case without one delivery. */
export function unpark(parked: ParkedCase, position: number): ParkedCase {
  return parked.filter((delivery) => delivery.position !== position);
}

/** When the case can be taken up again: Infinity while a dead letter is its head. */
export function dueAt(parked: ParkedCase): number {
  const head = parked[0];
  return head === undefined || head.state === "dead" ? Infinity : head.dueAt;
}

/** What is delivered again when the head is due: everything up to a dead letter. */
export function redeliverable(parked: ParkedCase): ParkedCase {
  const dead = parked.findIndex(({ state }) => state === "dead");
  return dead === -1 ? parked : parked.slice(0, dead);
}

/** When the next of some cases is due; Infinity when none waits for a time. */
export function nextDue(cases: Iterable<ParkedCase>): number {
  let first = Infinity;
  for (const parked of cases) first = Math.min(first, dueAt(parked));
  return first;
}
