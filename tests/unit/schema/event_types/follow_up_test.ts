import { assertEquals, assertThrows } from "@std/assert";
import {
  checkEvent,
  decodeEvent,
  decodeStored,
  encodeEvent,
  InvalidEvent,
} from "../../../../schema/codec.ts";
import { allEventTypes, type EventOf, type WireEvent } from "../../../../schema/events.ts";
import { cents } from "../../../../schema/money.ts";
import { anEvent } from "../../../support/events.ts";

function plan(change: Record<string, unknown> = {}): WireEvent {
  const event = anEvent("case-1", 1, "case.payment_plan_created");
  return { ...event, data: { ...event.data, ...change } };
}

Deno.test("every type decodes, encodes and comes back the same, checked or trusted", () => {
  for (const type of allEventTypes) {
    const wire = anEvent("case-1", 1, type);
    const decoded = decodeEvent(wire);
    assertEquals(decodeStored(wire), decoded, type);
    assertEquals(decodeEvent(JSON.parse(JSON.stringify(encodeEvent(decoded)))), decoded, type);
  }
});

Deno.test("the amounts of instalments are cents inside and have two decimals outside", () => {
  const instalments = [{ due: "2026-02-01", amount: 0.1 }, { due: "2026-03-01", amount: 1250.4 }];
  const decoded = decodeStored(plan({ instalments })) as EventOf<"case.payment_plan_created">;
  assertEquals(decoded.data.instalments.map(({ amount }) => amount), [cents(10), cents(125_040)]);
  const text = JSON.stringify(encodeEvent(decoded).data.instalments);
  assertEquals(text, '[{"due":"2026-02-01","amount":0.10},{"due":"2026-03-01","amount":1250.40}]');
});

Deno.test("instalments that are none are refused, and never repeated in the message", () => {
  for (
    const instalments of [[], [{ due: "soon", amount: 1 }], [{ due: "2026-02-01", amount: 0.001 }], "x", [7]]
  ) {
    const error = assertThrows(() => checkEvent(plan({ instalments })), InvalidEvent);
    assertEquals(error.message.includes("instalments"), true);
  }
});

Deno.test("a plan names as many moments as it has instalments, or none", () => {
  assertThrows(() => decodeEvent(plan({ missed_at: ["2026-02-15T23:00:00Z"] })), InvalidEvent);
  decodeEvent(plan({ missed_at: ["2026-02-15T23:00:00Z", "2026-03-15T23:00:00Z"] }));
});

Deno.test("the types come in the order of a case's life", () => {
  assertEquals(allEventTypes[0], "case.intake");
  assertEquals(allEventTypes.at(-1), "case.completed");
  assertEquals(allEventTypes.indexOf("case.analysis") < allEventTypes.indexOf("case.decision"), true);
});
