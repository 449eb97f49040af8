/** Parked cases: what happens to a case behind a delivery that failed. Pure; a parked case is never changed. @module */
import { appendFailure } from "./failure_history.ts";
import type { FailedDelivery, Failure } from "../mailbox/mailbox.ts";
import type { LogEntry } from "../memory/event_log.ts";

/** A delivery that waits: for its next attempt, behind an earlier one, or for a person. */
export interface ParkedDelivery {
  readonly entry: LogEntry;
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

/** The case with one delivery's outcome applied. */
export function park(
  parked: ParkedCase,
  entry: LogEntry,
  outcome: FailedDelivery["outcome"],
  now: number,
): ParkedCase {
  const before = parked.find((delivery) => delivery.entry === entry);
  if (outcome.kind === "held" && before !== undefined) return parked;
  const rest = parked.filter((delivery) => delivery.entry !== entry);
  return [...rest, afterOutcome(before, entry, outcome, now)].sort(byPosition);
}

function afterOutcome(
  before: ParkedDelivery | undefined,
  entry: LogEntry,
  outcome: FailedDelivery["outcome"],
  now: number,
): ParkedDelivery {
  if (outcome.kind === "held") {
    return { entry, state: "held", attempts: 0, failures: [], dueAt: now, since: now };
  }
  const attempts = (before?.attempts ?? 0) + 1;
  const failures = appendFailure(before?.failures ?? [], outcome.error);
  if (outcome.kind === "deadLetter") {
    return { entry, state: "dead", attempts, failures, dueAt: now, since: now };
  }
  return { entry, state: "retry", attempts, failures, dueAt: now + outcome.afterMs, since: now };
}

/** Parked deliveries in the order in which the store put their events. */
export function byPosition(a: ParkedDelivery, b: ParkedDelivery): number {
  return a.entry.position - b.entry.position;
}

/** The case without one delivery. */
export function unpark(parked: ParkedCase, entry: LogEntry): ParkedCase {
  return parked.filter((delivery) => delivery.entry !== entry);
}

/** The case with its dead letter due now, with a fresh count of attempts. What failed before is kept. */
export function revive(parked: ParkedCase, entry: LogEntry, now: number): ParkedCase {
  return parked.map((delivery) =>
    delivery.entry === entry ? { ...delivery, state: "retry", attempts: 0, dueAt: now, since: now } : delivery
  );
}

/** When the case can be taken up again: Infinity while a dead letter is its head. */
export function dueAt(parked: ParkedCase): number {
  const head = parked[0];
  if (head === undefined || head.state === "dead") return Infinity;
  return head.state === "held" ? -Infinity : head.dueAt;
}

/** What is delivered again when the head is due: everything up to a dead letter. */
export function redeliverable(parked: ParkedCase): ParkedCase {
  const dead = parked.findIndex((delivery) => delivery.state === "dead");
  return dead === -1 ? parked : parked.slice(0, dead);
}
