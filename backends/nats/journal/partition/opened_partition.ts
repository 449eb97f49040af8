/**
 * What a node has of a partition once it is opened: what is known of it, its cases and its timers, whatever keeps them. By it
 * the partition is taken over, written to without an owner, or only read.
 * @module
 */
import type { HeadIndex } from "./head_index.ts";
import type { KnownState } from "./log_state.ts";
import type { StoredRecord } from "../record/record.ts";

/** A timer that waits. */
export interface WaitingTimer {
  readonly processor: string;
  readonly caseId: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
  /** The event that it will be, as it was set. */
  readonly row: string;
}

/** The timers of a partition. One that was given out stays until a record says that it has fired or is gone. */
export interface WaitingTimers {
  /** When to ask for timers again: then one is due, or may be. Infinity where none waits. */
  readonly nextDueAt: number;
  /** The first that are due at a time, at most so many, by due time. */
  due(until: number, limit: number): Promise<readonly WaitingTimer[]>;
  /** How many there are, counted up to `most`, and when the first is due; Infinity where there is none. */
  count(most: number): Promise<{ readonly count: number; readonly firstAt: number }>;
}

export interface OpenedPartition {
  /** What heads and timers include already: only what is behind it is read. Undefined: nothing. */
  readonly known: KnownState | undefined;
  /** Takes in the additions of each record behind `known`, timers too. */
  readonly heads: HeadIndex;
  readonly timers: WaitingTimers;
  /** Called for each record once it is known and absorbed, in their order. */
  onRecord(stored: StoredRecord): void;
  /** The node owns the partition under this epoch: from now on it keeps what it knows, beside its other work. */
  own(epoch: number): void;
  /** Ends what is under way. */
  close(): Promise<void>;
}
