import { assertThrows } from "@std/assert";
import {
  generateSelftestCase,
  requireComplete,
} from "../../../../../console/commands/selftest/case_round_trip.ts";
import type { StoredEvent } from "../../../../../schema/delivery_line.ts";

const intake = generateSelftestCase();

/** A story of these types, in which every event causes the next one. */
function story(...types: string[]): StoredEvent[] {
  const idOf = (index: number) => index === 0 ? intake.event_id : `event-${index}`;
  return types.map((event_type, i) => ({
    position: 10 + i,
    version: 1 + i,
    recordedAt: 0,
    event: {
      ...intake,
      event_id: idOf(i),
      event_type,
      metadata: { ...intake.metadata, ...(i === 0 ? {} : { causation_id: idOf(i - 1) }) },
    },
  }));
}

const whole = story("case.intake", "case.analysis", "case.decision", "case.completed");

Deno.test("a whole story passes", () => requireComplete(whole, intake.event_id));

Deno.test("a story without its decision fails, and is told", () => {
  const short = whole.slice(0, 2);
  assertThrows(
    () => requireComplete(short, intake.event_id),
    Error,
    "its story is case.intake → case.analysis",
  );
  assertThrows(() => requireComplete([], intake.event_id), Error, "its story is nothing");
});

Deno.test("a story that has an event twice fails", () => {
  const twice = [...whole, { ...whole[3]!, position: 20, version: 5 }];
  assertThrows(() => requireComplete(twice, intake.event_id), Error, "events are there twice");
});

Deno.test("a story whose positions go back fails", () => {
  const back = whole.map((stored, i) => i === 3 ? { ...stored, position: 1 } : stored);
  assertThrows(() => requireComplete(back, intake.event_id), Error, "events are out of order");
});

Deno.test("a story without the event that was accepted fails", () => {
  assertThrows(() => requireComplete(whole, "another-event"), Error, "events were lost");
});
