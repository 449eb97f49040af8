/** The contract of a backend: a durable log of cases with leased, fenced mailboxes. Small on purpose. @module */
import type { StoredEvent } from "../schema/delivery_line.ts";
import type { WireEvent } from "../schema/events.ts";
import type { EventKind } from "../schema/evolution.ts";
import type { Failure, Mailbox } from "./mailbox/mailbox.ts";

/** What a backend promises. Tests ask this, never the name. */
export interface BackendFeatures {
  /** Acknowledged events survive the end of the process that took them. */
  readonly durable: boolean;
  /** Other processes can compete for its mailboxes. */
  readonly shared: boolean;
  /** Outputs, checkpoint, parked deliveries and timers become durable together. */
  readonly atomicSettle: boolean;
  /**
   * So many events one append stores all or none. More are stored in stretches, each all or none, once nothing is known
   * to be in the way of any; an append that was interrupted between two of them is completed by the same call.
   */
  readonly atomicAppend: number;
  /** What it takes to have the store at several places, and what that gives: in words. */
  readonly geography: string;
}

/** What a producer knows of the version of a case: anything, that it is new, or exactly this version. */
export type ExpectedVersion = "any" | "none" | { readonly exact: number };

/** The answer to an append: everything was stored, now or (the duplicates) before. */
export interface AppendResult {
  /** Events stored by this call. */
  readonly stored: number;
  /** Events that were there already, with the same content. */
  readonly duplicates: number;
  /** Position and case version of the last event of the call. */
  readonly position: number;
  readonly version: number;
}

/** Somebody else appended to the case first. */
export class VersionConflict extends Error {
  override name = "VersionConflict";
  constructor(readonly caseId: string, readonly expected: ExpectedVersion, readonly actual: number) {
    const wanted = typeof expected === "string" ? expected : expected.exact;
    super(`Version conflict: expected version ${wanted} of the case, found ${actual}`);
  }
}

/** An event id that is stored already, with other content: it cannot be appended, and is not silently dropped. */
export class EventIdConflict extends Error {
  override name = "EventIdConflict";
  constructor(readonly eventId: string) {
    super(`Event id ${eventId} is stored already, with other content`);
  }
}

/** The backend can't be reached, or does not answer in time. Whether a write happened may be unknown. */
export class BackendUnavailable extends Error {
  override name = "BackendUnavailable";
}

/** The backend answers but can't be used: wrong database, no rights, too old, full. One line, and what to do. */
export class BackendUnusable extends Error {
  override name = "BackendUnusable";
}

/** Which stored events to read; every bound is optional. Positions and times are inclusive. */
export interface ReplayRange {
  fromPosition?: number;
  toPosition?: number;
  /** By the store's clock (`recorded_at`), ISO times. */
  fromTime?: string;
  toTime?: string;
  types?: readonly string[];
}

/** A processor as a backend sees it: whose mailboxes to give out. */
export interface ProcessorSpec {
  readonly name: string;
  readonly version: number;
  readonly takes: readonly string[];
}

/** A delivery given up on. Its case waits behind it, for this processor, until a person redrives or discards it. */
export interface DeadLetter {
  readonly processor: string;
  readonly partition: number;
  readonly caseId: string;
  readonly event: StoredEvent;
  /** Every attempt that failed, oldest first; of very many, the first and the last ones (`failures.ts`). */
  readonly failures: readonly Failure[];
  readonly attempts: number;
  /** Later deliveries of the case that wait behind it. */
  readonly held: number;
  readonly since: string;
}

/** Which dead letters: by processor, by case, by position; `limit` caps what one call touches. */
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

/** How one mailbox stands. */
export interface MailboxHealth {
  readonly processor: string;
  readonly partition: number;
  readonly owner: string | null;
  readonly epoch: number;
  /** Milliseconds the lease still runs; negative when it has expired. */
  readonly leaseMs: number;
  /** Deliveries behind the checkpoint. Counted up to 10,000, which then means "or more". */
  readonly pending: number;
  /** Age of the oldest of them in milliseconds. */
  readonly oldestMs: number;
  /** Milliseconds since the last settle, or null when there was none. */
  readonly sinceSettledMs: number | null;
  /** Deliveries that wait: for their next try, or behind an earlier one of their case. */
  readonly parked: number;
  /** Those of them that will be tried again by themselves. */
  readonly retrying: number;
  readonly dead: number;
}

export interface Health {
  /** What an acknowledgement means here, in words. */
  readonly durability: string;
  /** True when an acknowledged event survives a power failure of any one machine: what `--require-durable` asks for. */
  readonly survivesPowerFailure: boolean;
  /** Durable timers that have not fired yet. */
  readonly timers: number;
  /** When the next of them is due, an ISO time; null when there is none. */
  readonly nextTimerAt: string | null;
  readonly mailboxes: readonly MailboxHealth[];
  /** Events in the inbox: refused at the door, and waiting for a person. */
  readonly rejected?: number;
}

/** One line of the list of cases (the read model). */
export interface CaseSummary {
  readonly caseId: string;
  readonly version: number;
  /** The type of its latest event. */
  readonly latest: string;
  readonly openedAt: string;
  readonly updatedAt: string;
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

/** An event that a producer left at the door and that can't be taken in: it waits for a person. */
export interface RejectedEvent {
  readonly id: number;
  readonly at: string;
  /** The rule it breaks, without its values. */
  readonly reason: string;
  /** What was sent, personal data included. */
  readonly text: string;
}

export interface Inbox {
  /** Oldest first, at most `limit` (default 100). */
  list(limit?: number): Promise<RejectedEvent[]>;
  count(): Promise<number>;
  /** Sends one through the door again: rules, or other events, may have changed. False when it is not there. */
  retry(id: number, act: OperatorAction): Promise<boolean>;
  /** Gives one up for good. False when it is not there. */
  discard(id: number, act: OperatorAction): Promise<boolean>;
}

/** A durable log of cases. Grow it only when a conformance case demands it. */
export interface Backend {
  readonly name: string;
  readonly features: BackendFeatures;
  /** Number of partitions; fixed for the life of the store. */
  readonly partitions: number;
  /**
   * Stores events, all or none (up to `features.atomicAppend`), in the given order. Ids that are stored already with the same content are duplicates,
   * not errors. With an expected version the events must be of one case. Throws VersionConflict, EventIdConflict,
   * BackendAway (a retry with the same ids is safe) or BackendRefused.
   */
  append(events: readonly WireEvent[], expected?: ExpectedVersion): Promise<AppendResult>;
  readCase(caseId: string): AsyncIterable<StoredEvent>;
  /** By position. Reads what was stored when the call began; within a partition nothing is skipped. */
  readAll(range?: ReplayRange): AsyncIterable<StoredEvent>;
  /**
   * Mailboxes of a processor, as their leases are won; ends when the signal aborts. A mailbox given out lives on until
   * it is closed, and whoever has one closes it, also when it is `lost`.
   */
  mailboxes(processor: ProcessorSpec, signal: AbortSignal): AsyncIterable<Mailbox>;
  readonly deadLetters: DeadLetters;
  /** Where a backend has a door of its own for producers (JetStream's ingest subject): what could not be taken in. */
  readonly inbox?: Inbox;
  /** Cases by latest change, newest first. */
  listCases(options?: { limit?: number; latest?: string }): Promise<CaseSummary[]>;
  /** Acts on a case, oldest first. */
  audit(caseId: string): Promise<AuditEntry[]>;
  /** The (type, version) pairs ever stored, for the check at start-up. */
  storedKinds(): Promise<EventKind[]>;
  health(): Promise<Health>;
  /** Ends leases and connections. Legal twice. */
  close(): Promise<void>;
}
