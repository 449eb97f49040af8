/** The log of cases: what is appended, and how it is read. @module */
import type { StoredEvent } from "../schema/delivery_line.ts";
import type { WireEvent } from "../schema/events.ts";

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

/** Which stored events to read; every bound is optional. Positions and times are inclusive. */
export interface ReplayRange {
  fromPosition?: number;
  toPosition?: number;
  /** By the store's clock (`recorded_at`), ISO times. */
  fromTime?: string;
  toTime?: string;
  types?: readonly string[];
}

/** A log of events, ordered by position, and by version within a case. */
export interface EventStore {
  /** Number of partitions; fixed for the life of the store. */
  readonly partitions: number;
  /**
   * Stores events, all or none (up to `features.atomicAppend`), in the given order. Ids that are stored already with the
   * same content are duplicates, not errors. With an expected version the events must be of one case. Throws
   * VersionConflict, EventIdConflict, BackendUnavailable (a retry with the same ids is safe) or BackendUnusable; and NotAllowed for
   * what the caller may not send, or `by`, in whose name it speaks: nothing is stored, and the audit trail has a line.
   */
  append(events: readonly WireEvent[], expected?: ExpectedVersion, by?: string): Promise<AppendResult>;
  readCase(caseId: string): AsyncIterable<StoredEvent>;
  /** By position. Reads what was stored when the call began; within a partition nothing is skipped. */
  readAll(range?: ReplayRange): AsyncIterable<StoredEvent>;
}
