import { assertEquals } from "@std/assert";
import { MemoryHeads } from "../../../../../../backends/nats/journal/partition/head_index.ts";
import { encodeRecord } from "../../../../../../backends/nats/journal/record/encode_record.ts";
import { NO_CHANGES } from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead, versioned } from "../../../../../support/nats_log/records.ts";

const [a1, a2] = versioned("a", 2);
const [b1] = versioned("b", 1);
const { record } = encodeRecord({ head: aHead(), changes: NO_CHANGES, events: [a1!, b1!, a2!] });

Deno.test("a head is the same when a record is taken in twice", () => {
  const heads = new MemoryHeads();
  for (let i = 0; i < 2; i++) heads.absorb({ sequence: 7, record });
  const head = heads.find("a")!;
  assertEquals([head.version, head.sequences], [2, [7]]);
  assertEquals([head.versionsLike(a2!.event.eventId), head.versionsLike(b1!.event.eventId)], [[2], []]);
  assertEquals(head.sequenceOf(2), 7);
  assertEquals(heads.find("c"), undefined);
});
