/** The flow of a day is counted by the Dutch day on which each event happened. @module */
import { assertEquals } from "@std/assert";
import { flowPerDay } from "../../../../actors/projections/flow_per_day.ts";
import { decodeEvent } from "../../../../schema/codec.ts";
import { anEvent } from "../../../support/events.ts";

const stored = (type: Parameters<typeof anEvent>[2], at: string) => ({
  ...{ version: 1, position: 1, recordedAt: 0 },
  event: decodeEvent({ ...anEvent("a", 1, type), timestamp: at }),
});

Deno.test("an event shortly before midnight in Greenwich is of the next day in the Netherlands", () => {
  assertEquals(flowPerDay.keyOf(stored("case.intake", "2026-06-30T22:30:00Z")), ["2026-07-01"]);
  assertEquals(flowPerDay.keyOf(stored("case.intake", "2026-12-31T22:30:00Z")), ["2026-12-31"]);
});

Deno.test("intakes, decisions and endings of a day add up", () => {
  const at = "2026-06-01T10:00:00Z";
  const types = ["case.intake", "case.intake", "case.decision", "case.completed"] as const;
  type Row = NonNullable<ReturnType<typeof flowPerDay.project>>;
  const row = types.reduce<Row | undefined>(
    (row, type) => flowPerDay.project(stored(type, at), row),
    undefined,
  )!;
  const { day, received, claimed, decided, decided_payment_plan, completed_resolved, decided_collect } = row;
  assertEquals([day, received, claimed, decided], ["2026-06-01", 2, 250_100, 1]);
  assertEquals([decided_payment_plan, completed_resolved, decided_collect], [1, 1, 0]);
});
