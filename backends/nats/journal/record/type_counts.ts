/**
 * Which records hold none of some types, by what heads say: each has how many events of each type the partition has with it, so
 * that two that follow each other tell what is in the second. A processor that works off a backlog passes by what it has
 * made of it without unpacking it, which is three quarters of the bytes. @module
 */
import type { IsSkipped } from "./decode_record.ts";
import type { StoredRecord } from "./record.ts";

/** Whether the record behind the previous one has none of the types. Where that can't be told for sure, it is read. */
export function lacking(types: ReadonlySet<string>, previous: StoredRecord | undefined): IsSkipped {
  if (previous === undefined || previous.record.kind === "malformed") return () => false;
  const { sequence, record: { head: { counts: before } } } = previous;
  return ({ before: follows, counts }, events) =>
    follows === sequence && areComplete(before, counts, events) && !hasAny(types, before, counts);
}

type Counts = Readonly<Record<string, number>>;

/** Whether the counts differ by just the events of the record: what other hands wrote may say anything. */
function areComplete(before: Counts, after: Counts, events: number): boolean {
  const types = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const added = types.map((type) => (after[type] ?? 0) - (before[type] ?? 0));
  return added.every((more) => more >= 0) && added.reduce((sum, more) => sum + more, 0) === events;
}

function hasAny(types: ReadonlySet<string>, before: Counts, after: Counts): boolean {
  return types.values().some((type) => (after[type] ?? 0) > (before[type] ?? 0));
}
