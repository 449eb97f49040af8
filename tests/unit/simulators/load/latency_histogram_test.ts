import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { LatencyHistogram } from "../../../../simulators/load/latency_histogram.ts";

Deno.test("percentiles are true to three digits from a hundredth of a millisecond to minutes", () => {
  const histogram = new LatencyHistogram();
  const values = Array.from({ length: 20_000 }, (_, i) => 0.01 * 1.0008 ** i);
  for (const ms of values) histogram.record(ms);
  const { count, p50, p99, p999, max } = histogram.figures();
  assertEquals(count, 20_000);
  for (const [reported, percentile] of [[p50, 50], [p99, 99], [p999, 99.9]] as const) {
    const exact = values[Math.ceil(values.length * percentile / 100) - 1]!;
    assert(Math.abs(reported - exact) <= exact * 0.002 + 0.006, `p${percentile}: ${reported} for ${exact}`);
  }
  assertAlmostEquals(max, values.at(-1)!, values.at(-1)! * 0.002);
});

Deno.test("an empty histogram tells zeros and has no curve", () => {
  const histogram = new LatencyHistogram();
  const zeros = { count: 0, mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0 };
  assertEquals([histogram.figures(), histogram.curve()], [zeros, []]);
});

Deno.test("what seems to end before it began counts as nothing, and what takes days as an hour", () => {
  const histogram = new LatencyHistogram();
  histogram.record(-3);
  histogram.record(1e10);
  const { count, max } = histogram.figures();
  assertEquals(count, 2);
  assertAlmostEquals(max, 3_600_000, 4_000);
});

Deno.test("resetting forgets", () => {
  const histogram = new LatencyHistogram();
  histogram.record(1);
  histogram.reset();
  assertEquals(histogram.figures().count, 0);
});

Deno.test("the percentile curve rises to the greatest value", () => {
  const histogram = new LatencyHistogram();
  for (let ms = 1; ms <= 100; ms++) histogram.record(ms);
  const curve = histogram.curve();
  assert(curve.every(({ ms }, i) => i === 0 || ms >= curve[i - 1]!.ms));
  assertEquals(curve.at(-1), { percentile: 100, ms: 100 });
});
