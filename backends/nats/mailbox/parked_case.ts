/** Parked cases: what happens to a case behind a delivery that failed. Pure; a parked case is never changed. @module */
import { appendFailure } from "../../settlement/failure_history.ts";
import type { FailedDelivery, Failure } from "../../mailbox/mailbox.ts";

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
export type ParkedDeliveries = readonly ParkedDelivery[];

/** A parked case, and the position of the message that says so; 0 for none. */
export interface ParkedCase {
  readonly caseId: string;
  readonly waiting: ParkedDeliveries;
  readonly at: number;
}

/** The case with one delivery's outcome applied; the same case where it was applied before. */
export function park(waiting: ParkedDeliveries, failure: FailedDelivery, now: number): ParkedDeliveries {
  const { position, outcome, attempt } = failure;
  const before = waiting.find((delivery) => delivery.position === position);
  if (before !== undefined && (outcome.kind === "held" || before.attempts >= attempt)) return waiting;
  const rest = waiting.filter((delivery) => delivery !== before);
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
export function promoteHead(waiting: ParkedDeliveries, now: number): ParkedDeliveries {
  const [head, ...rest] = waiting;
  return head?.state === "held" ? [{ ...head, state: "retry", dueAt: now, since: now }, ...rest] : waiting;
}

/** The case with its dead letter due now, with a fresh count of attempts. What failed before is kept. */
export function revive(waiting: ParkedDeliveries, position: number, now: number): ParkedDeliveries {
  return waiting.map((delivery) =>
    delivery.position === position
      ? { ...delivery, state: "retry", attempts: 0, dueAt: now, since: now }
      : delivery
  );
}

/** The case without one delivery. */
export function unpark(waiting: ParkedDeliveries, position: number): ParkedDeliveries {
  return waiting.filter((delivery) => delivery.position !== position);
}

/** When the case can be taken up again: Infinity while a dead letter is its head. */
export function dueAt(waiting: ParkedDeliveries): number {
  const head = waiting[0];
  return head === undefined || head.state === "dead" ? Infinity : head.dueAt;
}

/** What is delivered again when the head is due: everything up to a dead letter. */
export function redeliverable(waiting: ParkedDeliveries): ParkedDeliveries {
  const dead = waiting.findIndex(({ state }) => state === "dead");
  return dead === -1 ? waiting : waiting.slice(0, dead);
}
