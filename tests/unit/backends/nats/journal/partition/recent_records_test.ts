import { assertEquals } from "@std/assert";
import { RecentRecords } from "../../../../../../backends/nats/journal/partition/recent_records.ts";
import { encodeRecord } from "../../../../../../backends/nats/journal/record/encode_record.ts";
import { NO_CHANGES } from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead, versioned } from "../../../../../support/nats_log/records.ts";

const { record } = encodeRecord({ head: aHead(), changes: NO_CHANGES, events: versioned("a", 1) });
const bytes = record.events[0]!.rest.length;

Deno.test("the last records are there up to so many bytes, and what is not there is said to be missing", () => {
  const recent = new RecentRecords(2 * bytes);
  const behind = (sequence: number) => recent.behind(sequence)?.map((stored) => stored.sequence);
  assertEquals(behind(0), undefined);
  for (const sequence of [2, 5]) recent.add({ sequence, record });
  assertEquals([behind(0), behind(2), behind(3), behind(5)], [[2, 5], [5], [5], []]);
  recent.add({ sequence: 6, record });
  assertEquals([behind(0), behind(1), behind(2), behind(5)], [undefined, undefined, [5, 6], [6]]);
});

Deno.test("an owner that begins in the middle of the log has nothing from before", () => {
  const recent = new RecentRecords();
  recent.add({ sequence: 9, record: { ...record, head: aHead({ before: 7 }) } });
  assertEquals([recent.behind(6), recent.behind(7)?.length, recent.behind(9)?.length], [undefined, 1, 0]);
});

Deno.test("what is no record takes no room", () => {
  const recent = new RecentRecords(bytes);
  recent.add({ sequence: 1, record });
  recent.add({ sequence: 2, record: { kind: "malformed", reason: "garbage" } });
  assertEquals(recent.behind(0)?.length, 2);
});
