import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  answerOf,
  decodeAppend,
  encodeAnswer,
  encodeAppend,
  resultIn,
} from "../../../../../../backends/nats/journal/append/append_request.ts";
import { BackendUnavailable, EventIdConflict, VersionConflict } from "../../../../../../backends/errors.ts";
import { EventTooLarge } from "../../../../../../backends/nats/connection/errors.ts";
import { pendingEvent } from "../../../../../support/nats_log/records.ts";

const expectation = fc.oneof(
  fc.constantFrom("any" as const, "none" as const),
  fc.nat().map((exact) => ({ exact })),
);

Deno.test("a request is read as it was sent, small and large, with everything that an event is", () => {
  fc.assert(
    fc.property(
      fc.record({ expected: expectation, checkOnly: fc.boolean(), judged: fc.option(fc.nat()) }),
      fc.integer({ min: 1, max: 30 }),
      ({ expected, checkOnly, judged }, count) => {
        const events = Array.from({ length: count }, (_, n) => pendingEvent("zaak ø", n));
        const judgedOn = judged === null ? {} : { judgedOn: new Map([["zaak ø", judged]]) };
        const append = { events, expected, checkOnly, ...judgedOn };
        assertEquals(decodeAppend(encodeAppend(append), 0), append);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("what is no request is told apart, whatever it holds", () => {
  const request = encodeAppend({ events: [pendingEvent("a", 1), pendingEvent("b", 1)], expected: "any" });
  assert(decodeAppend(request, 0) !== undefined);
  const text = new TextDecoder().decode(request);
  const spoilt = [
    "",
    "\n",
    "{}\n",
    text.replace('"format":1', '"format":2'),
    text.replace('"any"', '{"exact":"1"}'),
    text.replace('"any"', '"none"'),
    text.replace('"any"', "null"),
    text.replace('"any"', '"any","judgedOn":[["a","1"]]'),
    text.replace(/"bytes":\d+/, '"bytes":1'),
    text.slice(0, -1),
    text.slice(0, text.indexOf("\n") + 1).replace(/"bytes":\d+/, '"bytes":0'),
  ];
  for (const each of spoilt) assertEquals(decodeAppend(new TextEncoder().encode(each), 0), undefined);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assertEquals(decodeAppend(bytes, 0), undefined)));
});

Deno.test("a refusal is thrown where it was asked for as it was thrown where it was found", () => {
  const refusals = [
    new VersionConflict("c", { exact: 3 }, 5),
    new EventIdConflict("e"),
    new EventTooLarge("too large"),
  ];
  for (const refusal of refusals) {
    const answer = answerOf(refusal)!;
    const error = assertThrows(() => resultIn(encodeAnswer(answer)));
    assertEquals([error.constructor, error.message], [refusal.constructor, refusal.message]);
  }
  assertEquals(answerOf(new Error("a bug")), undefined);
  const again = answerOf(new BackendUnavailable("away"))!;
  assertEquals(resultIn(encodeAnswer(again)), undefined);
  assertThrows(() => resultIn(encodeAnswer({ kind: "invalid" })), RangeError);
  const result = { stored: 1, duplicates: 2, position: 4096, version: 3 };
  assertEquals(resultIn(encodeAnswer({ kind: "stored", result })), result);
});
