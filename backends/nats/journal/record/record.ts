/**
 * The record: everything that one commit of a partition makes durable, as one message. Its events have positions made of
 * the message's sequence and their index in it, so that positions grow with the log and need no numbers of their own.
 * @module
 */
import type { EventKind } from "../../../../schema/evolution.ts";
import type { AuditEntry } from "../../../dead_letters.ts";
import type { InFlightMark, StoredTimerChange } from "../../../mailbox/mailbox.ts";
import type { Pause } from "../../../pauses.ts";
import type { ParkedCase } from "../../../settlement/parked_case.ts";

/** The only format there is. What says another one is not read. */
export const RECORD_FORMAT = 1;

/** The most events of a record: the positions of one sequence. */
export const MAX_RECORD_EVENTS = 4_096;
/** The most bytes of a record before compression. A single event may be larger, and then has a record of its own. */
export const MAX_RECORD_BYTES = 1_000_000;
/** Events are compressed by so many bytes, so that one case is read without the others. */
export const FRAME_BYTES = 32_768;

/**
 * `take` begins an ownership, `own` holds appends, `settle` moves checkpoints too, `direct` was written by a node without
 * the partition, `act` by a person's hand.
 */
export const recordKinds = ["take", "own", "settle", "direct", "act"] as const;
type RecordKind = (typeof recordKinds)[number];

/**
 * How far one processor has come with a record, under the epoch of the lease that hosts it. Where a node begins to host it, and
 * where it is given back, it stays where it is.
 */
export interface ProcessorMove {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly epoch: number;
  /** It moves to the end of this record, of which it has handled what is for it. */
  readonly toEnd?: boolean;
  /** What is about to be handled; a move without it clears the mark. */
  readonly inFlight?: InFlightMark;
  /** The node that hosts it from now on. A mark that is there stays. */
  readonly host?: string;
  /** The types it takes, where it begins to be hosted. */
  readonly takes?: readonly string[];
  /** It is given back: its owner did not crash. */
  readonly released?: boolean;
  /** It is rewound: up to here it had done all. */
  readonly redeliversTo?: number;
  /** Outputs of a redelivery that came out otherwise than they are stored. */
  readonly differences?: number;
}

/** A timer that was set or cancelled, or has fired: then its event is in the same record. */
type TimerEntry = StoredTimerChange | {
  readonly kind: "fired";
  readonly processor: string;
  readonly caseId: string;
  readonly name: string;
};

/** The parked deliveries of a case for one processor, dead letters among them; an empty list when none is left. */
export interface ParkedEntry {
  readonly processor: string;
  readonly caseId: string;
  readonly waiting: ParkedCase;
}

/** Something that is paused from now on, or no more. In the partition of the trail of the store alone. */
interface PauseChange {
  readonly verb: "pause" | "resume";
  readonly pause: Pause;
}

/** What a record changes beside the events it adds. */
export interface RecordChanges {
  readonly timers: readonly TimerEntry[];
  readonly parked: readonly ParkedEntry[];
  readonly trail: readonly AuditEntry[];
  readonly pauses?: readonly PauseChange[];
}

export const NO_CHANGES: RecordChanges = { timers: [], parked: [], trail: [] };

/** What is known of a record without its content. */
export interface RecordHead {
  /** Made by its writer, and different for every record: by it a writer finds its own after an unknown outcome. */
  readonly nonce: string;
  /** The epoch of the owner; of any other writer, the epoch it saw. */
  readonly epoch: number;
  readonly kind: RecordKind;
  /** The sequence of the record before it in the partition, 0 for the first; see `part`. */
  readonly before: number;
  /** The time of all its events, by the store's clock, never before the record in front of it. */
  readonly recordedAt: number;
  /** Which of several records that were written as one, from 0, and how many those are. They follow each other directly. */
  readonly part?: readonly [index: number, count: number];
  /** The node that takes the partition. */
  readonly node?: string;
  /** The owner gives the partition up: it crashed if its successor finds none of these. */
  readonly released?: boolean;
  readonly processors: readonly ProcessorMove[];
  /** Kinds of events that the partition has not had before. */
  readonly kinds: readonly EventKind[];
  /** Events of each type in the partition up to this record and with it: a backlog is the difference of two heads. */
  readonly counts: Readonly<Record<string, number>>;
}

/** An event in a record. */
export interface RecordEvent {
  readonly index: number;
  readonly version: number;
  readonly eventId: string;
  readonly type: string;
  readonly caseId: string;
  /** A tab, and all fields from the event's id on: what follows the placement in a delivery line. */
  readonly rest: Uint8Array;
}

/** A record as it was read, or about to be written. */
export interface LogRecord {
  readonly kind: "record";
  readonly head: RecordHead;
  readonly changes: RecordChanges;
  readonly events: readonly RecordEvent[];
  /** How many events it has, where none is of the types that were asked for: then only its head was read. */
  readonly unread?: number;
}

/** What stands in the log and is no record: other hands wrote it, or a disk has spoilt it. */
export interface MalformedRecord {
  readonly kind: "malformed";
  readonly reason: string;
}

/** A record, or what stands in its place, and its sequence in the log. */
export interface StoredRecord<R = LogRecord | MalformedRecord> {
  readonly sequence: number;
  readonly record: R;
  /** Its link in the chain of hashes; undefined for what no node wrote. */
  readonly link?: string | undefined;
}

/** The position of an event. Sequences may grow to 2^41. */
export function eventPosition(sequence: number, index: number): number {
  return sequence * MAX_RECORD_EVENTS + index;
}

/** Where a processor is once the record at a sequence has moved it. */
export function checkpointOf({ to, toEnd }: ProcessorMove, sequence: number): number {
  return toEnd ? eventPosition(sequence, MAX_RECORD_EVENTS - 1) : to;
}

/** The types that are looked for in the record at a sequence. */
export type WantedTypes = (sequence: number) => ReadonlySet<string>;

/** The same types in every record. */
export function everywhere(types: readonly string[]): WantedTypes {
  const wanted = new Set(types);
  return () => wanted;
}

/** The position of the last event of a record of which only the head was read; 0 for any other. */
export function lastUnread({ sequence, record: { unread } }: StoredRecord<LogRecord>): number {
  return unread === undefined ? 0 : eventPosition(sequence, unread - 1);
}

/** The sequence of the record that a position is in. */
export function recordSequenceOf(position: number): number {
  return Math.floor(position / MAX_RECORD_EVENTS);
}

/** The index of a position in its record. */
export function indexOf(position: number): number {
  return position % MAX_RECORD_EVENTS;
}
