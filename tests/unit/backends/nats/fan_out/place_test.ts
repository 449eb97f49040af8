/** Where the fan-out goes on: never twice, never leaving out, and never a guess. @module */
import { assertEquals } from "@std/assert";
import { type Resumption, resumptionOf } from "../../../../../backends/nats/fan_out/place.ts";

const NOTHING = { last: 0, message: undefined, foreign: 0, copy: undefined, isLogEmpty: false };
const at = (position: number, sequence: number, skip = 0): Resumption => ({
  position,
  sequence,
  skip,
  types: undefined,
});

Deno.test("it goes on behind its last message", () => {
  assertEquals(resumptionOf({ ...NOTHING, last: 7, message: { position: 70, sequence: 7 } }), at(70, 7));
});

Deno.test("a copy that is as recent has looked further, through what was not copied", () => {
  const copy = { position: 90, sequence: 7 };
  assertEquals(resumptionOf({ ...NOTHING, last: 7, copy }), at(90, 7));
});

Deno.test("an emptied stream goes on from the copy, and passes over what was copied since", () => {
  const copy = { position: 40, sequence: 4, types: ["case.intake"] };
  const found = resumptionOf({ ...NOTHING, last: 7, copy });
  assertEquals(found, { position: 40, sequence: 7, skip: 3, types: ["case.intake"] });
});

Deno.test("messages that were removed from the end are counted as copied, those of others are not", () => {
  const message = { position: 50, sequence: 5 };
  assertEquals(resumptionOf({ ...NOTHING, last: 9, message }), at(50, 9, 4));
  assertEquals(resumptionOf({ ...NOTHING, last: 9, message, foreign: 4 }), at(50, 9));
});

Deno.test("a stream that was made anew goes on from the copy, counting from the beginning", () => {
  const copy = { position: 40, sequence: 4 };
  assertEquals(resumptionOf({ ...NOTHING, last: 0, copy }), at(40, 0));
  const message = { position: 60, sequence: 2 };
  assertEquals(resumptionOf({ ...NOTHING, last: 2, copy, message }), at(60, 2));
});

Deno.test("a new store begins at the beginning; a stream that says nothing over a log is never begun anew", () => {
  assertEquals(resumptionOf({ ...NOTHING, isLogEmpty: true }), at(0, 0));
  assertEquals(resumptionOf(NOTHING), undefined);
  assertEquals(resumptionOf({ ...NOTHING, last: 7 }), undefined);
  assertEquals(resumptionOf({ ...NOTHING, last: 7, isLogEmpty: true }), undefined);
});

Deno.test("where others wrote, nobody knows whose the messages were that are gone", () => {
  const copy = { position: 40, sequence: 4 };
  assertEquals(resumptionOf({ ...NOTHING, last: 7, copy, foreign: 1 }), undefined);
  assertEquals(resumptionOf({ ...NOTHING, last: 7, copy, foreign: 3 })?.skip, 0);
});
