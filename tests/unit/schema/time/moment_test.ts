import { assertEquals, assertStrictEquals } from "@std/assert";
import { hasTwoTimes, marksOf, momentOf, timeMarksOf, withMoment } from "../../../../schema/time/moment.ts";
import type { Metadata } from "../../../../schema/events.ts";
import { anEvent } from "../../../support/events.ts";

const wire = anEvent("case-1", 1);
const AT = Date.parse(wire.timestamp);
const DAY = 86_400_000;

Deno.test("an event from outside has the moment at which it was recorded; what carries one keeps it", () => {
  assertEquals(momentOf(withMoment(wire, AT + DAY)), new Date(AT + DAY).toISOString());
  assertEquals(momentOf(withMoment(wire, AT)), wire.timestamp);
  const made = { ...wire, metadata: { schema_version: 1, moment: "2026-01-03T00:00:00.000Z" } };
  assertStrictEquals(withMoment(made, AT + DAY), made);
  assertEquals(wire.metadata.moment, undefined);
});

Deno.test("a moment of other hands that is none counts as not there", () => {
  for (const moment of ["", "yesterday", 7, null, {}]) {
    const event = { ...wire, metadata: { schema_version: 1, moment } as unknown as Metadata };
    assertEquals(momentOf(withMoment(event, AT + 1)), new Date(AT + 1).toISOString());
    assertEquals(marksOf(event, AT), []);
  }
});

Deno.test("a mark of its time is carried on, once; other marks are not", () => {
  const marked = {
    ...wire,
    metadata: { schema_version: 1, marks: ["bsn_fails_eleven_test", "late"] } as Metadata,
  };
  assertEquals(timeMarksOf(withMoment(marked, AT + 8 * DAY)), ["late"]);
  assertEquals(timeMarksOf(withMoment(marked, AT)), ["late"]);
  assertEquals(marksOf(marked, AT + 8 * DAY), ["bsn_fails_eleven_test", "late"]);
  assertEquals(marksOf({ ...wire, metadata: {} as Metadata }, AT - DAY), ["in_future"]);
});

Deno.test("people see both times from a minute's difference on", () => {
  assertEquals([60_000, -60_000].map((ms) => hasTwoTimes(wire.timestamp, AT + ms)), [false, false]);
  assertEquals([60_001, -60_001].map((ms) => hasTwoTimes(wire.timestamp, AT + ms)), [true, true]);
});
