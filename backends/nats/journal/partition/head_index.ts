/** The port by which an owner knows its cases, whatever keeps them. @module */
import type { LogRecord, StoredRecord } from "../record/record.ts";

/** What is known of a case without reading it. */
export interface IndexedHead {
  readonly version: number;
  /** When its first event was recorded. */
  readonly openedAt: number;
  /** The sequences of the records that hold its events, in order. */
  readonly sequences: readonly number[];
  /** The sequence of the record that holds a version. */
  sequenceOf(version: number): number;
  /** The versions whose event may have this id: none, or nearly always the right one. The record decides. */
  versionsLike(eventId: string): readonly number[];
}

/** The cases of a partition. */
export interface HeadIndex {
  /** The case; undefined for one without events. At once where that is known without reading. */
  find(caseId: string): IndexedHead | undefined | Promise<IndexedHead | undefined>;
  /** The sequences of the records with lines of its trail, in order; it may have some without an event. */
  trailOf(caseId: string): Promise<readonly number[]>;
  /** Takes in what a record adds. What was taken in before changes nothing. */
  absorb(stored: StoredRecord<LogRecord>): void;
}
