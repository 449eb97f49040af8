/** A log in memory, and what an index of it must say: the index of plain maps. @module */
import { assertEquals } from "@std/assert";
import type { PartitionIndex } from "../../../backends/nats/index/partition_index.ts";
import type { IndexedLog, IndexedRecord } from "../../../backends/nats/index/record.ts";

/** A log of one partition whose end can be lost. */
export class MemoryLog implements IndexedLog {
  records: IndexedRecord[] = [];

  nonceAt(sequence: number): Promise<string | undefined> {
    return Promise.resolve(this.records.find((record) => record.sequence === sequence)?.nonce);
  }

  async *recordsBehind(sequence: number): AsyncGenerator<IndexedRecord> {
    for (const record of [...this.records]) {
      if (record.sequence > sequence) yield await Promise.resolve(record);
    }
  }

  get lastSequence(): number {
    return this.records.at(-1)?.sequence ?? 0;
  }
}

type IndexedTimer = NonNullable<IndexedRecord["timers"]>[number];

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

/** Everything about the records, in maps. */
export function modelOf(records: readonly IndexedRecord[]) {
  const cases = new Map<string, ModelCase>();
  const timers = new Map<string, ModelTimer>();
  const parked = new Map<string, number>();
  const checkpoints = new Map<string, number>();
  const counts: Record<string, number> = {};
  for (const record of records) {
    for (const { caseId, events } of record.cases) {
      const known = cases.get(caseId) ?? newCase(events[0]!.recordedAt);
      cases.set(caseId, known);
      for (const { eventId, type, recordedAt } of events) {
        Object.assign(known, { version: known.version + 1, latest: type, updatedAt: recordedAt });
        known.eventIds.push(eventId);
        known.sequences.push(record.sequence);
        counts[type] = (counts[type] ?? 0) + 1;
      }
    }
    for (const [ordinal, timer] of (record.timers ?? []).entries()) {
      if (timer.dueAt === undefined) timers.delete(nameOf(timer));
      else timers.set(nameOf(timer), { dueAt: timer.dueAt, sequence: record.sequence, ordinal });
    }
    for (const { processor, caseId, waiting } of record.parked ?? []) {
      if (waiting === 0) parked.delete(`${processor} ${caseId}`);
      else parked.set(`${processor} ${caseId}`, record.sequence);
      cases.get(caseId)!.isParked = [...parked.keys()].some((key) => key.endsWith(` ${caseId}`));
    }
    for (const caseId of record.trail ?? []) cases.get(caseId)!.trail.push(record.sequence);
    for (const { processor, position } of record.checkpoints ?? []) checkpoints.set(processor, position);
  }
  return { cases, timers, parked, checkpoints, counts };
}

function newCase(openedAt: number): ModelCase {
  const empty = { trail: [], eventIds: [], sequences: [] };
  return { version: 0, latest: "", openedAt, updatedAt: 0, isParked: false, ...empty };
}

function nameOf({ processor, caseId, name }: Omit<IndexedTimer, "dueAt">): string {
  return `${processor} ${caseId} ${name}`;
}

/** The index says of a case what the log says. */
export async function assertCase(index: PartitionIndex, log: MemoryLog, caseId: string): Promise<void> {
  const expected = modelOf(log.records).cases.get(caseId);
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
  for (const [i, eventId] of expected.eventIds.entries()) {
    assertEquals(head.versionsLike(eventId).includes(i + 1), true, "an event that is stored is found");
    assertEquals(head.sequenceOf(i + 1), expected.sequences[i]);
  }
}

/** The index says of everything what the log says. */
export async function assertIndex(index: PartitionIndex, log: MemoryLog): Promise<void> {
  const { cases, timers, parked, checkpoints, counts } = modelOf(log.records);
  for (const caseId of cases.keys()) await assertCase(index, log, caseId);
  assertEquals(index.state.counts, counts);
  assertEquals(index.state.upTo.sequence, log.lastSequence);
  assertEquals(
    new Map([...index.state.checkpoints].map((each) => [each.processor, each.position])),
    checkpoints,
  );
  const parkedInIndex = [...index.state.parked].map((each) =>
    [`${each.processor} ${each.caseId}`, each.sequence] as const
  );
  assertEquals(new Map(parkedInIndex), parked);
  const listed = (await Array.fromAsync(index.list())).map(({ version, latest, updatedAt, isParked }) =>
    JSON.stringify([version, latest, updatedAt, isParked])
  );
  const inModel = [...cases.values()].map(({ version, latest, updatedAt, isParked }) =>
    JSON.stringify([version, latest, updatedAt, isParked])
  );
  assertEquals(listed.sort(), inModel.sort());
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
