/** The port by which an owner knows its cases, whatever keeps them. @module */
import { fnv1a32 } from "../../../../schema/partition.ts";
import { type AddedEvents, additionsOf } from "../record/additions.ts";
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

/** Heads in memory, all of them: for a log without an index. */
export class MemoryHeads implements HeadIndex {
  readonly #cases = new Map<string, MemoryHead>();
  readonly #trails = new Map<string, number[]>();

  find(caseId: string): IndexedHead | undefined {
    return this.#cases.get(caseId);
  }

  trailOf(caseId: string): Promise<readonly number[]> {
    return Promise.resolve(this.#trails.get(caseId) ?? []);
  }

  absorb({ sequence, record }: StoredRecord<LogRecord>): void {
    const { cases, trail } = additionsOf(record);
    for (const added of cases) {
      const head = this.#cases.get(added.caseId) ?? new MemoryHead(added.events[0]!.recordedAt);
      this.#cases.set(added.caseId, head);
      head.add(sequence, added);
    }
    for (const caseId of trail) this.#addTrail(caseId, sequence);
  }

  #addTrail(caseId: string, sequence: number): void {
    const known = this.#trails.get(caseId);
    if (known === undefined) this.#trails.set(caseId, [sequence]);
    else if (sequence > known.at(-1)!) known.push(sequence);
  }
}

class MemoryHead implements IndexedHead {
  readonly sequences: number[] = [];
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

  add(sequence: number, { events }: AddedEvents): void {
    if (sequence <= (this.sequences.at(-1) ?? 0)) return;
    this.sequences.push(sequence);
    for (const { eventId } of events) this.#events.push({ fingerprint: fnv1a32(eventId), sequence });
  }
}
