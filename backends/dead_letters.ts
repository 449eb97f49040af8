/** What waits for a person, and what persons did about it: dead letters, the inbox, the audit trail. @module */
import type { StoredEvent } from "../schema/delivery_line.ts";
import type { Failure } from "./mailbox/mailbox.ts";

/** A delivery that failed, and behind which its case waits for this processor. */
export interface StoppedDelivery {
  readonly processor: string;
  readonly partition: number;
  readonly caseId: string;
  readonly event: StoredEvent;
  /** Every attempt that failed, oldest first; of very many, the first and the last ones (`failure_history.ts`). */
  readonly failures: readonly Failure[];
  readonly attempts: number;
  /** Later deliveries of the case that wait behind it. */
  readonly held: number;
  readonly since: string;
}

/** A delivery given up on: it waits until a person redrives or discards it. */
export type DeadLetter = StoppedDelivery;

/** A delivery that is tried again by itself. */
export interface ParkedHead extends StoppedDelivery {
  /** When, by the store's clock, as an ISO time. */
  readonly dueAt: string;
}

/** Which dead letters, or which parked deliveries: by processor, by case, by position; `limit` caps what one call touches. */
export interface DeadLetterFilter {
  processor?: string;
  caseId?: string;
  position?: number;
  limit?: number;
}

/** Who acts on a dead letter, and why: both are kept in the audit trail. */
export interface OperatorAction {
  readonly by: string;
  readonly why: string;
}

export interface DeadLetters {
  /** Oldest first, at most `limit` (default 100). */
  list(filter?: DeadLetterFilter): Promise<DeadLetter[]>;
  count(filter?: DeadLetterFilter): Promise<number>;
  /** Makes them due again, with a fresh count of attempts; the case is taken up at the dead letter, in order. */
  redrive(filter: DeadLetterFilter, act: OperatorAction): Promise<number>;
  /** Gives them up for good; what was held behind them goes on. The events themselves stay in the store. */
  discard(filter: DeadLetterFilter, act: OperatorAction): Promise<number>;
}

/** Cases that wait for the next try of a delivery. */
export interface ParkedDeliveries {
  /** The delivery that each of them waits for, by position, at most `limit` (default 100). */
  list(filter?: DeadLetterFilter): Promise<ParkedHead[]>;
  count(filter?: DeadLetterFilter): Promise<number>;
  /** Makes them due now; attempts go on being counted. */
  retry(filter: DeadLetterFilter, act: OperatorAction): Promise<number>;
}

/** An event that a producer left in the inbox and that can't be taken in: it waits for a person. */
export interface RejectedEvent {
  readonly id: number;
  readonly at: string;
  /** The rule it breaks, without its values. */
  readonly reason: string;
  /** What was sent, personal data included. */
  readonly text: string;
}

/** Why an event is refused, as few classes as a metric can have. */
export const refusalClasses = [
  "not_text",
  "not_json",
  "invalid",
  "id_conflict",
  "too_large",
  "not_allowed",
] as const;
export type RefusalClass = (typeof refusalClasses)[number];

/** Called for each event that a node puts in the inbox. */
export type RefusalListener = (refusal: { readonly id: number; readonly refusalClass: RefusalClass }) => void;

export interface Inbox {
  /** Oldest first, at most `limit` (default 100). */
  list(limit?: number): Promise<RejectedEvent[]>;
  /** One of them; undefined when it is not there. */
  find(id: number): Promise<RejectedEvent | undefined>;
  /** How many there are. May count up to 10,000, which then means "or more". */
  count(): Promise<number>;
  /** Takes one in again: rules, or other events, may have changed. False when it is not there. */
  retry(id: number, act: OperatorAction): Promise<boolean>;
  /** Gives one up for good. False when it is not there. */
  discard(id: number, act: OperatorAction): Promise<boolean>;
}

/** An entry of the audit trail: an act of a person or of the supervisor. */
export interface AuditEntry {
  readonly at: string;
  readonly act: string;
  readonly by: string;
  readonly why: string;
  readonly caseId?: string;
  readonly processor?: string;
  readonly eventId?: string;
}

/** An act of a person as it is added to the audit trail; the store says when. What is of no case is of `STORE_TRAIL`. */
export type OperatorRecord = OperatorAction & Required<Pick<AuditEntry, "act" | "caseId">>;

/** Stands in the place of a case for acts on the store as a whole. */
export const STORE_TRAIL = "store";
