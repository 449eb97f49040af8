/** A log in memory, and what an index of it must say: the index of plain maps. @module */
import { assert, assertEquals } from "@std/assert";
import type { PartitionIndex } from "../../../backends/nats/index/partition_index.ts";
import type { IndexedLog } from "../../../backends/nats/index/indexed_log.ts";
import { additionsOf } from "../../../backends/nats/journal/record/additions.ts";
import type { LogRecord, StoredRecord } from "../../../backends/nats/journal/record/record.ts";

type Stored = StoredRecord<LogRecord>;
type Additions = ReturnType<typeof additionsOf>;

interface ModelCase {
  version: number;
  latest: string;
  openedAt: number;
  updatedAt: number;
  isParked: boolean;
  readonly trail: number[];
  readonly eventIds: string[];
  readonly sequences: number[];
}

interface ModelTimer {
  readonly dueAt: number;
  readonly sequence: number;
  readonly ordinal: number;
}

/** Everything about records, in maps. */
class Model {
  readonly cases = new Map<string, ModelCase>();
  readonly timers = new Map<string, ModelTimer>();
  readonly parked = new Map<string, number>();
  readonly checkpoints = new Map<string, number>();
  readonly counts: Record<string, number> = {};

  absorb({ sequence, record }: Stored): void {
    const { cases, timers, parked, checkpoints } = this;
    const additions = additionsOf(record);
    for (const each of additions.cases) this.#absorbCase(each, sequence);
    for (const [ordinal, timer] of additions.timers.entries()) {
      if (timer.dueAt === undefined) timers.delete(nameOf(timer));
      else timers.set(nameOf(timer), { dueAt: timer.dueAt, sequence, ordinal });
    }
    for (const { processor, caseId, waiting } of record.changes.parked) {
      if (waiting.length === 0) parked.delete(`${processor} ${caseId}`);
      else parked.set(`${processor} ${caseId}`, waiting[0]!.position);
      cases.get(caseId)!.isParked = [...parked.keys()].some((key) => key.endsWith(` ${caseId}`));
    }
    for (const caseId of additions.trail) cases.get(caseId)?.trail.push(sequence);
    for (const { name, to } of record.head.processors) checkpoints.set(name, to);
  }

  #absorbCase({ caseId, events }: Additions["cases"][number], sequence: number): void {
    const known = this.cases.get(caseId) ?? newCase(events[0]!.recordedAt);
    this.cases.set(caseId, known);
    for (const { eventId, type, recordedAt } of events) {
      Object.assign(known, { version: known.version + 1, latest: type, updatedAt: recordedAt });
      known.eventIds.push(eventId);
      known.sequences.push(sequence);
      this.counts[type] = (this.counts[type] ?? 0) + 1;
    }
  }
}

/** A log of one partition, and the model of its records. Its end can be lost. */
export class MemoryLog implements IndexedLog {
  #records: Stored[] = [];
  #model = new Model();

  get records(): readonly Stored[] {
    return this.#records;
  }

  get model(): Model {
    return this.#model;
  }

  get lastSequence(): number {
    return this.#records.at(-1)?.sequence ?? 0;
  }

  append(stored: Stored): void {
    this.#records.push(stored);
    this.#model.absorb(stored);
  }

  /** Loses the last records. */
  truncate(lost: number): void {
    this.#records = this.#records.slice(0, Math.max(0, this.#records.length - lost));
    this.#model = new Model();
    for (const record of this.#records) this.#model.absorb(record);
  }

  nonceAt(sequence: number): Promise<string | undefined> {
    return Promise.resolve(this.#records.find((each) => each.sequence === sequence)?.record.head.nonce);
  }

  async *recordsBehind(sequence: number): AsyncGenerator<Stored> {
    for (const record of [...this.#records]) {
      if (record.sequence > sequence) yield await Promise.resolve(record);
    }
  }
}

function newCase(openedAt: number): ModelCase {
  const empty = { trail: [], eventIds: [], sequences: [] };
  return { version: 0, latest: "", openedAt, updatedAt: 0, isParked: false, ...empty };
}

function nameOf({ processor, caseId, name }: Omit<Additions["timers"][number], "dueAt">): string {
  return `${processor} ${caseId} ${name}`;
}

/** The index says of a case what the log says. */
export async function assertCase(index: PartitionIndex, log: MemoryLog, caseId: string): Promise<void> {
  const expected = log.model.cases.get(caseId);
  const head = await index.find(caseId);
  if (expected === undefined || head === undefined) return assertEquals(head, expected);
  assertEquals(
    [head.version, head.latest, head.openedAt, head.updatedAt, head.isParked, head.trail],
    [
      expected.version,
      expected.latest,
      expected.openedAt,
      expected.updatedAt,
      expected.isParked,
      expected.trail,
    ],
  );
  assertEquals(head.sequences, [...new Set(expected.sequences)]);
  for (const version of someVersions(expected.version)) {
    const eventId = expected.eventIds[version - 1]!;
    assert(head.versionsLike(eventId).includes(version), "an event that is stored is found");
    assertEquals(head.sequenceOf(version), expected.sequences[version - 1]);
  }
}

/** The first and last versions, and those around the ends of chapters. */
function someVersions(last: number): number[] {
  const some = [1, 2, 255, 256, 257, 258, 512, 513, last - 1, last];
  return [...new Set(some)].filter((version) => version >= 1 && version <= last);
}

/** The index says of everything what the log says. */
export async function assertIndex(index: PartitionIndex, log: MemoryLog): Promise<void> {
  const { cases, timers, parked, checkpoints, counts } = log.model;
  for (const caseId of cases.keys()) await assertCase(index, log, caseId);
  assertEquals(index.state.counts, counts);
  assertEquals(index.state.last, log.lastSequence);
  const found = [...index.state.processors].map(([name, { checkpoint }]) => [name, checkpoint] as const);
  assertEquals(new Map(found), checkpoints);
  const parkedInIndex = [...index.state.parked()].map(({ processor, caseId, waiting }) =>
    [`${processor} ${caseId}`, waiting[0]!.position] as const
  );
  assertEquals(new Map(parkedInIndex), parked);
  await assertTimers(index, [...timers.values()], Infinity);
}

/** The index gives out the timers that are due, the first ones first. */
async function assertTimers(index: PartitionIndex, all: readonly ModelTimer[], until: number): Promise<void> {
  const due = await index.dueTimers(Math.min(until, 1e9), 10_000);
  const order = (one: ModelTimer, other: ModelTimer) =>
    one.dueAt - other.dueAt || one.sequence - other.sequence || one.ordinal - other.ordinal;
  const found = due.map(({ dueAt, sequence, ordinal }) => ({ dueAt, sequence, ordinal }));
  assertEquals(found.map(({ dueAt }) => dueAt), found.map(({ dueAt }) => dueAt).sort((a, b) => a - b));
  assertEquals(found.sort(order), all.filter(({ dueAt }) => dueAt <= until).sort(order));
}
