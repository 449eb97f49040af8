import { assertEquals } from "@std/assert";
import { additionsOf } from "../../../../../../backends/nats/journal/record/additions.ts";
import { encodeRecord } from "../../../../../../backends/nats/journal/record/encode_record.ts";
import { NO_CHANGES } from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead, versioned } from "../../../../../support/nats_log/records.ts";

const [a1, a2] = versioned("a", 2);
const [b1] = versioned("b", 1);
const { record } = encodeRecord({ head: aHead(), changes: NO_CHANGES, events: [a1!, b1!, a2!] });

Deno.test("what a record adds is told by case, with the first version and every event", () => {
  const { cases } = additionsOf(record);
  assertEquals(cases.map(({ caseId, firstVersion, events }) => [caseId, firstVersion, events.length]), [
    ["a", 1, 2],
    ["b", 1, 1],
  ]);
  const { eventId, type } = b1!.event;
  assertEquals(cases[1]!.events, [{ eventId, type, recordedAt: record.head.recordedAt }]);
});

Deno.test("timers, parked cases and the trail are told as an index keeps them", () => {
  const named = { processor: "p", caseId: "a", name: "t" };
  const delivery = { position: 1, eventId: "e", attempts: 1, failures: [], dueAt: 0, since: 0 };
  const act = { at: "2026-01-01", act: "park", by: "runtime", why: "Boom", caseId: "a" };
  const { changes: _, ...rest } = record;
  const additions = additionsOf({
    ...rest,
    changes: {
      timers: [{ kind: "set", ...named, at: "2026-01-01T00:00:00Z", row: "r" }, {
        kind: "fired",
        ...named,
      }],
      parked: [{
        processor: "p",
        caseId: "a",
        waiting: [{ ...delivery, state: "dead" }, { ...delivery, position: 2, state: "held" }],
      }],
      trail: [act, act, { at: "2026-01-01", act: "configure", by: "x", why: "y" }],
    },
  });
  assertEquals(additions.timers, [{ ...named, dueAt: Date.UTC(2026, 0, 1) }, { ...named, dueAt: undefined }]);
  assertEquals(additions.parked, ["a"]);
  assertEquals(additions.trail, ["a"]);
});
