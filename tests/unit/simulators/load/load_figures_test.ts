import { assertEquals, assertMatch } from "@std/assert";
import { judge, type LoadFigures, meetsObjective } from "../../../../simulators/load/load_figures.ts";

const zeros = { count: 1, mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0 };

function run(more: { late?: number; usuallyLate?: number; lag?: number; drained?: number | null } = {}) {
  const { late = 1, usuallyLate = 0, lag = 0, drained = 0.01 } = more;
  return {
    append_lag_seconds: lag,
    drained_in_seconds: drained,
    generator: { late_ms: { ...zeros, p50: usuallyLate, p99: late }, making_percent: 12 },
  };
}

Deno.test("a run that kept up has no limit", () => {
  assertEquals(judge(run()).limit, "none");
  assertEquals(judge(run({ late: 20 })).limit, "none");
});

Deno.test("appends that fall behind their schedule are the limit, and a backlog at the end is the processors'", () => {
  assertEquals(judge(run({ lag: 1.5 })).limit, "appends");
  assertEquals(judge(run({ drained: 4 })).limit, "processing");
  assertEquals(judge(run({ drained: null })).limit, "processing");
});

Deno.test("a generator that waits for a busy machine now and then is not the bottleneck", () => {
  assertEquals(judge(run({ late: 30, lag: 2 })).limit, "appends");
  assertEquals(judge(run({ late: 30, drained: 5 })).limit, "processing");
});

Deno.test("a generator that was late itself is said to be the bottleneck", () => {
  for (const late of [run({ late: 1_500, lag: 2 }), run({ late: 30, usuallyLate: 10 })]) {
    const { limit, text } = judge(late);
    assertEquals(limit, "generator");
    assertMatch(text, /load generator was the bottleneck.* was late by /);
  }
});

Deno.test("a rate is held when nothing limited it and latency, where there is any, is inside the objective", () => {
  const figures = (p99: number, count = 10) =>
    ({ verdict: judge(run()), end_to_end_ms: { ...zeros, count, p99 } }) as LoadFigures;
  assertEquals([meetsObjective(figures(50), 50), meetsObjective(figures(51), 50)], [true, false]);
  assertEquals(meetsObjective(figures(0, 0), 50), false);
});
