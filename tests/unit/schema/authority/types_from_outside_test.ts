/** What doors take from outside: types, ids and metadata that are not the runtime's own. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { typesFromOutside } from "../../../../schema/authority/types_from_outside.ts";
import { InvalidEvent } from "../../../../schema/codec.ts";
import { allEventTypes, type EventType } from "../../../../schema/events.ts";
import { fixedId } from "../../../support/misbehaving/fixed_ids.ts";
import { readInput } from "../../../../schema/input.ts";
import { CASE, ID } from "../brief_events.ts";

const intake = () => ({ case_id: CASE, citizen_bsn: "123456782", debt_amount: 500, debt_type: "huur" });

Deno.test("what follows from other events is the runtime's alone, and is refused from outside", () => {
  for (const event_type of allEventTypes.filter((type) => !typesFromOutside.includes(type))) {
    assertThrows(
      () => readInput({ event_type, data: { case_id: CASE } }),
      InvalidEvent,
      `event_type: ${event_type} comes from the runtime alone`,
    );
  }
});

Deno.test("the events that follow from others are not among those that come from outside", () => {
  const own = [
    ...["review_requested", "payment_plan_created", "term_expired", "wait_expired", "debt_forgiven"],
    ...["event_refused", "reopened", "addressed", "child_started", "child_ended"],
  ];
  assertEquals(
    allEventTypes.filter((type) => !typesFromOutside.includes(type)),
    own.map((name) => `case.${name}` as EventType),
  );
});

Deno.test("what a producer says of its source, of a cause, of marks and of a moment is dropped", () => {
  const metadata = {
    source: "analysis@1",
    causation_id: ID,
    marks: ["late" as const],
    moment: "2023-01-01T00:00:00.000Z",
    traceparent: "00-0-0-01",
  };
  const taken = readInput({ event_type: "case.intake", data: intake(), metadata }, { source: "desk" });
  assertEquals(taken.metadata, { schema_version: 1, source: "desk", traceparent: "00-0-0-01" });
  assertEquals(readInput({ event_type: "case.intake", data: intake(), metadata }).metadata.source, undefined);
});

Deno.test("an id that only the runtime gives is refused, however it is written", () => {
  const output = fixedId(ID, 0, "intake", 0);
  for (const event_id of [output, output.toUpperCase()]) {
    assertThrows(
      () => readInput({ event_type: "case.intake", event_id, data: intake() }),
      InvalidEvent,
      "event_id: a UUID of version 8",
    );
  }
});
