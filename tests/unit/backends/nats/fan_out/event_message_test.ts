/** An event as a CloudEvent for others. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { eventMessageOf } from "../../../../../backends/nats/fan_out/event_message.ts";
import { EventSubjects } from "../../../../../schema/nats/events_stream.ts";
import { anEvent } from "../../../../support/events.ts";

const context = { subjects: new EventSubjects("cases"), source: "/store", maxPayload: 10_000 };
const stored = (caseId: string) => ({ position: 7, version: 2, recordedAt: 0, event: anEvent(caseId, 1) });

Deno.test("headers hold no line break, quote or letter beyond ASCII of a case id", () => {
  const { headers } = eventMessageOf(context, stored('zaak "é\\r\\nX: 1" 100%'), 3);
  assertMatch(headers, /^ce-subject: zaak%20%22%C3%A9\\r\\nX:%201%22%20100%25\r$/m);
  assertEquals(headers.split("\r\n").every((line) => line === "" || /^ce-[a-z]+: [!-~]+$/.test(line)), true);
});

Deno.test("an event that does not fit a message of the server goes without its data", () => {
  const { headers, payload, subject } = eventMessageOf({ ...context, maxPayload: 500 }, stored("a"), 3);
  assertEquals([payload, subject], ["", "cases.intake.3"]);
  assertMatch(headers, /ce-dataleftout: too_large\r\n/);
});

Deno.test("what is no event goes without its data, so that others see that it is there", () => {
  const malformed = { reason: "data: is not a JSON object", raw: "{garbage 123456782" };
  const { headers, payload } = eventMessageOf(context, { ...stored("a"), malformed }, 0);
  assertEquals(payload, "");
  assertMatch(headers, /ce-dataleftout: malformed\r\n/);
});

Deno.test("a case id of control characters makes no header of its own", () => {
  const { headers } = eventMessageOf(context, stored("a\r\nNats-Expected-Last-Sequence: 0"), 0);
  assertEquals(headers.includes("\r\nNats"), false);
});
