import { assertEquals } from "@std/assert";
import {
  additionsOf,
  MemoryCaseHeads,
} from "../../../../../../backends/nats/journal/partition/case_heads.ts";
import { encodeRecord } from "../../../../../../backends/nats/journal/record/encode_record.ts";
import { NO_CHANGES } from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead, versioned } from "../../../../../support/nats_log/records.ts";

const [a1, a2] = versioned("a", 2);
const [b1] = versioned("b", 1);
const { record } = encodeRecord({ head: aHead(), changes: NO_CHANGES, events: [a1!, b1!, a2!] });

Deno.test("what a record adds is told by case, with the first version and every event", () => {
  const { sequence, upTo, nonce, cases } = additionsOf({ sequence: 7, record });
  assertEquals({ sequence, upTo, nonce }, { sequence: 7, upTo: 7, nonce: record.head.nonce });
  assertEquals(cases.map(({ caseId, firstVersion, events }) => [caseId, firstVersion, events.length]), [
    ["a", 1, 2],
    ["b", 1, 1],
  ]);
  const { eventId, type } = b1!.event;
  assertEquals(cases[1]!.events, [{ eventId, type, recordedAt: record.head.recordedAt }]);
});

Deno.test("a head is the same when a record is taken in twice", () => {
  const heads = new MemoryCaseHeads();
  for (let i = 0; i < 2; i++) heads.absorb(additionsOf({ sequence: 7, record }));
  const head = heads.find("a")!;
  assertEquals([head.version, head.sequences], [2, [7]]);
  assertEquals([head.mayHold(a2!.event.eventId), head.mayHold(b1!.event.eventId)], [true, false]);
  assertEquals(heads.find("c"), undefined);
});
