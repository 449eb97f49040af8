import { assert, assertEquals } from "@std/assert";
import { datedFigures, figuresOn } from "../../../../../actors/reasoning/rules/figure_register.ts";

const statusOn = (id: string, day: string, withinDays = 90) =>
  figuresOn(day, withinDays).find((each) => each.id === id)?.status;

Deno.test("a figure holds, expires within the days asked for, and has expired from its last day on", () => {
  const days = ["2025-10-02", "2025-10-03", "2025-12-31", "2026-01-01"];
  assertEquals(days.map((day) => statusOn("beslagvrije_voet_max_single", day)), [
    "holds",
    "expires",
    "expires",
    "expired",
  ]);
  assertEquals(statusOn("beslagvrije_voet_max_single", "2025-12-31", 0), "holds");
  assertEquals(statusOn("beslagvrije_voet_max_single", "2020-12-31"), "unknown");
});

Deno.test("on 1 December 2026 the figures of 2026 and the interest of July are due, and the days of decrees are not", () => {
  const due = figuresOn("2026-12-01", 90).filter(({ status }) => status !== "holds");
  const ids = due.map(({ id }) => id);
  for (const id of ["beslagvrije_voet_max_family", "assistance_norm_single", "consumer_interest"]) {
    assert(ids.includes(id), id);
  }
  assertEquals(due.find(({ id }) => id === "kostenwet_writ")?.status, "expires");
  assert(!ids.includes("termijnenwet_decreed_days"));
});

Deno.test("every figure has an id of its own, a source, and values that end before the next begins", () => {
  assertEquals(new Set(datedFigures.map(({ id }) => id)).size, datedFigures.length);
  for (const { id, source, values } of datedFigures) {
    assert(source.law.length > 3, id);
    values.forEach(({ from, until }, i) => {
      const next = values[i + 1]?.from;
      assert(until === undefined || from < until, `${id}: ${from}`);
      assert(next === undefined || (until ?? from) <= next, `${id}: ${from}`);
    });
  }
});
