/** JSON text: what is kept as it is written, and what is refused because it would not be. @module */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InvalidEvent } from "../../../schema/codec.ts";
import { findJsonLoss, parseJsonText } from "../../../schema/json_text.ts";

const FIXED = { seed: 17, numRuns: 500 };

Deno.test("a number is taken where a double holds what was written, trailing zeros apart", () => {
  for (
    const kept of [
      "0",
      "-0",
      "-0.0",
      "1.10",
      "1e3",
      "1E+3",
      "100000000000000000000",
      "0.1",
      "9007199254740992",
    ]
  ) {
    assertEquals(parseJsonText(kept), Number(kept));
  }
  for (
    const lost of ["9007199254740993", "-9007199254740993", "1e400", "1e-400", "0.12345678901234567890123"]
  ) {
    assertThrows(() => parseJsonText(`[${lost}]`), InvalidEvent, "0: this number can't be kept");
  }
});

Deno.test("every number that a program writes is kept", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assertEquals(findJsonLoss(JSON.stringify({ value })), undefined);
    }),
    FIXED,
  );
});

Deno.test("a name that stands twice is refused with its path, however it is written", () => {
  for (const text of [`{"a":{"b":1,"b":2}}`, `{"a":{"b":1, "\\u0062" : 2}}`]) {
    assertThrows(() => parseJsonText(text), InvalidEvent, "a.b: stands twice");
  }
  assertThrows(() => parseJsonText(`[{},{"x":[0,{"y":1,"y":1}]}]`), InvalidEvent, "1.x.1.y: stands twice");
  assertEquals(parseJsonText(`{"a":"b","b":["a","a",{"a":"\\"a\\":1"}]}`), {
    a: "b",
    b: ["a", "a", { a: '"a":1' }],
  });
});

Deno.test("a name that could be a person's is left out of the message", () => {
  assertThrows(() => parseJsonText(`{"999990019":1,"999990019":2}`), InvalidEvent, "(a name): stands twice");
});

Deno.test("any JSON of a program is read as it is written", () => {
  fc.assert(
    fc.property(fc.json(), (text) => assertEquals(parseJsonText(text), JSON.parse(text))),
    FIXED,
  );
});
