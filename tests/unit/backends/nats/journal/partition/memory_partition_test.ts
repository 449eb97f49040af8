import { assertEquals } from "@std/assert";
import { openedInMemory } from "../../../../../../backends/nats/journal/partition/memory_partition.ts";
import { NO_CHANGES, type RecordChanges } from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead } from "../../../../../support/nats_log/records.ts";

type Timers = RecordChanges["timers"];

const set = (name: string, at: number, row = name): Timers[number] => ({
  kind: "set",
  processor: "p",
  caseId: "a",
  name,
  at: new Date(at).toISOString(),
  row,
});

function recordOf(sequence: number, timers: Timers) {
  const record = { kind: "record", head: aHead(), changes: { ...NO_CHANGES, timers }, events: [] } as const;
  return { sequence, record };
}

Deno.test("timers in memory come out by due time, and those that fired, were cancelled or set again do not", async () => {
  const { onRecord, timers } = openedInMemory();
  assertEquals(timers.nextDueAt, Infinity);
  onRecord(recordOf(1, [set("late", 9_000), set("fired", 1_000), set("again", 2_000), set("gone", 3_000)]));
  onRecord(
    recordOf(2, [set("again", 5_000, "anew"), { kind: "cancel", processor: "p", caseId: "a", name: "gone" }]),
  );
  assertEquals(timers.nextDueAt, 1_000);
  onRecord(recordOf(3, [{ kind: "fired", processor: "p", caseId: "a", name: "fired" }]));
  assertEquals((await timers.due(9_000, 10)).map(({ row }) => row), ["anew", "late"]);
  assertEquals((await timers.due(9_000, 1)).map(({ row }) => row), ["anew"]);
  assertEquals((await timers.due(4_999, 10)).length, 0);
});
