import { assert, assertEquals } from "@std/assert";
import { PreciseHistogram } from "../../../../simulators/load/precise_histogram.ts";

const HIGHEST = 30 * 86_400_000_000;

Deno.test("a value comes back to within a thousandth, and never smaller than it was", () => {
  for (let value = 1; value <= HIGHEST; value = Math.ceil(value * 1.37)) {
    for (const near of [value - 1, value, 2 ** Math.floor(Math.log2(value))]) {
      const histogram = new PreciseHistogram(HIGHEST);
      histogram.record(near);
      histogram.record(HIGHEST);
      const found = histogram.percentile(50);
      assert(found >= near && found - near <= near / 1_000, `${near} came back as ${found}`);
    }
  }
});

Deno.test("percentiles count values, and what two have counted adds up", () => {
  const [low, high] = [new PreciseHistogram(HIGHEST), new PreciseHistogram(HIGHEST)];
  for (let i = 1; i <= 50; i++) low.record(i);
  for (let i = 51; i <= 100; i++) high.record(i);
  low.add(high);
  assertEquals([0, 50, 99, 100].map((percent) => low.percentile(percent)), [1, 50, 99, 100]);
  assertEquals([low.count, low.mean, low.max], [100, 50.5, 100]);
  low.reset();
  assertEquals([low.count, low.mean, low.max, low.percentile(99)], [0, 0, 0, 0]);
});

Deno.test("the greatest value is known exactly, and no percentile is above it", () => {
  const histogram = new PreciseHistogram(HIGHEST);
  histogram.record(1_000_001);
  assertEquals([histogram.max, histogram.percentile(99.9)], [1_000_001, 1_000_001]);
});

Deno.test("nothing counted is zero, and too great counts as the greatest", () => {
  const histogram = new PreciseHistogram(5_000);
  assertEquals(histogram.percentile(99), 0);
  histogram.record(1e12);
  assert(Math.abs(histogram.percentile(50) - 5_000) <= 5);
});
