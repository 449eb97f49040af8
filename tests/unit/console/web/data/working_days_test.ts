import { assertEquals } from "@std/assert";
import { workingDaysUntil } from "../../../../../console/web/data/working_days.ts";

/** A Friday. */
const now = Date.parse("2026-12-04T10:00:00Z");

Deno.test("working days are counted to a term and from one that has passed, without weekends and holidays", () => {
  const days = ["2026-12-04", "2026-12-07", "2026-12-08", "2026-12-28", "2026-12-03", "2026-11-27"];
  assertEquals(days.map((day) => workingDaysUntil(day, now)), [0, 1, 2, 15, -1, -5]);
});

Deno.test("a day that is years off is not counted", () => {
  assertEquals(workingDaysUntil("2036-01-01", now), undefined);
});
