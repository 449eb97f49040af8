import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { processors } from "../../../../actors/application.ts";
import { decodeEvent } from "../../../../schema/codec.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import { FAULTY_FOR_MS, withDemoFaults } from "../../../../simulators/demonstration/demo_faults.ts";
import { anEvent } from "../../../support/events.ts";

const [intakes, other] = processors;
const context = {
  now: "2026-03-02T10:00:00Z",
  version: 1,
  newId: () => crypto.randomUUID(),
  random: () => 0,
};

/** An intake of this source, whose id ends so. */
function intake(id: string, source: string): WireEvent {
  const event = anEvent("zaak-1", 1);
  return { ...event, event_id: event.event_id.slice(0, -1) + id, metadata: { ...event.metadata, source } };
}

Deno.test("one generated case in sixteen fails at its intake for a minute, and no other case ever does", () => {
  let elapsed = 0;
  const faulty = withDemoFaults(intakes!, () => elapsed);
  const handled = (event: WireEvent) => {
    const { event: decoded } = { event: decodeEvent(event) };
    return faulty.handle(decoded, intakes!.initial(), context).events.length;
  };
  assertThrows(() => handled(intake("0", "simulator")), TypeError);
  assertEquals([handled(intake("1", "simulator")), handled(intake("0", "cak"))], [1, 1]);
  elapsed = FAULTY_FOR_MS;
  assertEquals(handled(intake("0", "simulator")), 1);
  assertStrictEquals(withDemoFaults(other!, () => 0), other);
});
