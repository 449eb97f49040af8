/** The port by which an owner knows its cases, whatever keeps them; and what a record tells an index. @module */
import type { EventKind } from "../../../../schema/evolution.ts";
import { fnv1a32 } from "../../../../schema/partition.ts";
import {
  checkpointOf,
  type LogRecord,
  type ParkedEntry,
  type RecordChanges,
  type RecordEvent,
  type StoredRecord,
} from "../record/record.ts";

/** What is known of a case without reading it. */
export interface IndexedHead {
  readonly version: number;
  /** When its first event was recorded. */
  readonly openedAt: number;
  /** The sequences of the records with lines of its trail, in order. */
  readonly trail: readonly number[];
  /** The sequences of the records that hold its events, in order. */
  readonly sequences: readonly number[];
  /** The sequence of the record that holds a version. */
  sequenceOf(version: number): number;
  /** The versions whose event may have this id: none, or nearly always the right one. The record decides. */
  versionsLike(eventId: string): readonly number[];
}

/** The events that a record adds to one case. */
interface AddedEvents {
  readonly caseId: string;
  readonly firstVersion: number;
  readonly events: readonly {
    readonly eventId: string;
    readonly type: string;
    readonly recordedAt: number;
  }[];
}

/** What a record adds to an index of its partition. */
interface RecordAdditions {
  readonly sequence: number;
  readonly nonce: string;
  readonly epoch: number;
  /** Of its events before compression. */
  readonly bytes: number;
  readonly cases: readonly AddedEvents[];
  readonly timers: readonly {
    readonly processor: string;
    readonly caseId: string;
    readonly name: string;
    /** Undefined for one that is gone. */
    readonly dueAt: number | undefined;
  }[];
  readonly parked: readonly {
    readonly processor: string;
    readonly caseId: string;
    /** Deliveries that wait, and dead letters among them. */
    readonly waiting: number;
    readonly dead: number;
  }[];
  readonly checkpoints: readonly {
    readonly processor: string;
    readonly position: number;
    readonly epoch: number;
  }[];
  /** Cases of whose trail the record has lines. */
  readonly trail: readonly string[];
  readonly kinds: readonly EventKind[];
}

/** The cases of a partition. */
export interface HeadIndex {
  /** The case; undefined for one without events. At once where that is known without reading. */
  find(caseId: string): IndexedHead | undefined | Promise<IndexedHead | undefined>;
  /** Takes in what a record adds. What was taken in before changes nothing. */
  absorb(additions: RecordAdditions): void;
}

/** What a record adds to an index. */
export function additionsOf({ sequence, record }: StoredRecord<LogRecord>): RecordAdditions {
  const { head: { nonce, epoch, recordedAt, processors, kinds }, changes, events } = record;
  return {
    sequence,
    nonce,
    epoch,
    bytes: events.reduce((sum, { rest }) => sum + rest.length, 0),
    cases: casesOf(events, recordedAt),
    timers: timersOf(changes),
    parked: changes.parked.map(parkedOf),
    checkpoints: processors.map((move) => ({
      processor: move.name,
      position: checkpointOf(move, sequence),
      epoch: move.epoch,
    })),
    trail: [...new Set(changes.trail.flatMap(({ caseId }) => caseId ?? []))],
    kinds,
  };
}

function casesOf(events: readonly RecordEvent[], recordedAt: number): AddedEvents[] {
  return Array.from(Map.groupBy(events, ({ caseId }) => caseId), ([caseId, added]) => ({
    caseId,
    firstVersion: added[0]!.version,
    events: added.map(({ eventId, type }) => ({ eventId, type, recordedAt })),
  }));
}

function timersOf({ timers }: RecordChanges): RecordAdditions["timers"] {
  return timers.map((timer) => {
    const { processor, caseId, name } = timer;
    return { processor, caseId, name, dueAt: timer.kind === "set" ? Date.parse(timer.at) : undefined };
  });
}

function parkedOf({ processor, caseId, waiting }: ParkedEntry): RecordAdditions["parked"][number] {
  const dead = waiting.filter(({ state }) => state === "dead").length;
  return { processor, caseId, waiting: waiting.length, dead };
}

/** Heads in memory, all of them: for a log without an index. */
export class MemoryHeads implements HeadIndex {
  readonly #cases = new Map<string, MemoryHead>();

  find(caseId: string): IndexedHead | undefined {
    return this.#cases.get(caseId);
  }

  absorb({ sequence, cases, trail }: RecordAdditions): void {
    for (const added of cases) {
      const head = this.#cases.get(added.caseId) ?? new MemoryHead(added.events[0]!.recordedAt);
      this.#cases.set(added.caseId, head);
      head.add(sequence, added);
    }
    for (const caseId of trail) this.#cases.get(caseId)?.addTrail(sequence);
  }
}

class MemoryHead implements IndexedHead {
  readonly sequences: number[] = [];
  readonly trail: number[] = [];
  /** A fingerprint of each event's id and the sequence of its record, by version. */
  readonly #events: { readonly fingerprint: number; readonly sequence: number }[] = [];

  constructor(readonly openedAt: number) {}

  get version(): number {
    return this.#events.length;
  }

  sequenceOf(version: number): number {
    return this.#events[version - 1]!.sequence;
  }

  versionsLike(eventId: string): number[] {
    const wanted = fnv1a32(eventId);
    return this.#events.flatMap(({ fingerprint }, i) => fingerprint === wanted ? i + 1 : []);
  }

  addTrail(sequence: number): void {
    if (sequence > (this.trail.at(-1) ?? 0)) this.trail.push(sequence);
  }

  add(sequence: number, { events }: AddedEvents): void {
    if (sequence <= (this.sequences.at(-1) ?? 0)) return;
    this.sequences.push(sequence);
    for (const { eventId } of events) this.#events.push({ fingerprint: fnv1a32(eventId), sequence });
  }
}
