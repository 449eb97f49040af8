/** What the index takes from a record of the log. @module */

interface IndexedEvent {
  readonly eventId: string;
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly recordedAt: number;
}

/** The events that a record adds to a case, of consecutive versions. */
export interface IndexedCase {
  readonly caseId: string;
  readonly firstVersion: number;
  readonly events: readonly IndexedEvent[];
}

/** A timer that the record sets, in place of the one of its name; or one that has fired or is cancelled. */
interface IndexedTimer {
  readonly processor: string;
  readonly caseId: string;
  readonly name: string;
  /** Undefined for one that is gone. */
  readonly dueAt: number | undefined;
}

/** A case that is parked for a processor, as of the record that says so last. */
export interface ParkedRef {
  readonly processor: string;
  readonly caseId: string;
  /** The record that holds the parked deliveries. */
  readonly sequence: number;
  /** Deliveries that wait; 0 in a record whose case is not parked any more. */
  readonly waiting: number;
  /** Dead letters among them. */
  readonly dead: number;
}

export interface IndexedCheckpoint {
  readonly processor: string;
  readonly position: number;
  readonly epoch: number;
}

/** A type and version of events, in the log for the first time. */
export interface IndexedKind {
  readonly type: string;
  readonly version: number;
}

export interface IndexedRecord {
  readonly sequence: number;
  /** Tells the record from another one that got its sequence when the server lost its last messages. */
  readonly nonce: string;
  readonly epoch: number;
  /** Of the message: a level is written after so many. */
  readonly bytes: number;
  readonly cases: readonly IndexedCase[];
  readonly timers?: readonly IndexedTimer[];
  readonly parked?: readonly Omit<ParkedRef, "sequence">[];
  readonly checkpoints?: readonly IndexedCheckpoint[];
  /** Cases of whose trail the record has lines. */
  readonly trail?: readonly string[];
  readonly kinds?: readonly IndexedKind[];
}

/** The log of one partition, as the index reads it. */
export interface IndexedLog {
  /** The nonce of the partition's record at a sequence; undefined when it has none there. */
  nonceAt(sequence: number): Promise<string | undefined>;
  /** The partition's records behind a sequence, in order, up to its end when the call began. */
  recordsBehind(sequence: number): AsyncIterable<IndexedRecord>;
}
