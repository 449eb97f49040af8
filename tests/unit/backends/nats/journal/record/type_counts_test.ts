/** Which records are passed by unread, by what heads say of them. @module */
import { assertEquals } from "@std/assert";
import { lacking } from "../../../../../../backends/nats/journal/record/type_counts.ts";
import { NO_CHANGES, type StoredRecord } from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead } from "../../../../../support/nats_log/records.ts";

const previous: StoredRecord = {
  sequence: 7,
  record: {
    kind: "record",
    head: aHead({ before: 6, counts: { "case.intake": 10, "case.analysis": 4 } }),
    changes: NO_CHANGES,
    events: [],
  },
};
const analyses = { before: 7, counts: { "case.intake": 10, "case.analysis": 9 } };

Deno.test("a record that adds only other types is passed by", () => {
  assertEquals(lacking(new Set(["case.intake"]), previous)(aHead(analyses), 5), true);
  assertEquals(lacking(new Set(["case.decision"]), previous)(aHead(analyses), 5), true);
});

Deno.test("a record that adds one of the types is read", () => {
  assertEquals(lacking(new Set(["case.intake", "case.analysis"]), previous)(aHead(analyses), 5), false);
  const first = { before: 7, counts: { ...analyses.counts, "case.analysis": 4, "case.decision": 1 } };
  assertEquals(lacking(new Set(["case.decision"]), previous)(aHead(first), 1), false);
});

Deno.test("a record is read where its head can't be believed, or does not follow what was read", () => {
  const intakes = new Set(["case.intake"]);
  assertEquals(lacking(intakes, undefined)(aHead(analyses), 5), false);
  const malformed: StoredRecord = { sequence: 7, record: { kind: "malformed", reason: "other hands" } };
  assertEquals(lacking(intakes, malformed)(aHead(analyses), 5), false);
  assertEquals(lacking(intakes, previous)(aHead({ ...analyses, before: 5 }), 5), false);
  // Six events, of which the counts tell five: the sixth may be anything.
  assertEquals(lacking(intakes, previous)(aHead(analyses), 6), false);
  const shrunk = { before: 7, counts: { "case.intake": 9, "case.analysis": 6 } };
  assertEquals(lacking(intakes, previous)(aHead(shrunk), 1), false);
  const lost = { before: 7, counts: { "case.analysis": 9 } };
  assertEquals(lacking(intakes, previous)(aHead(lost), 5), false);
});
