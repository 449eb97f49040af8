/** The heads of a partition in memory: for a log without an index. @module */
import type { HeadIndex, IndexedHead } from "../../../backends/nats/journal/partition/head_index.ts";
import { type AddedEvents, additionsOf } from "../../../backends/nats/journal/record/additions.ts";
import type { LogRecord, StoredRecord } from "../../../backends/nats/journal/record/record.ts";
import { fnv1a32 } from "../../../schema/partition.ts";

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
