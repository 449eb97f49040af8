import { assertEquals } from "@std/assert";
import { linearScale, logarithmicScale, niceTicks } from "../../../../simulators/reports/plot_scale.ts";

Deno.test("ticks are round numbers within the range", () => {
  assertEquals(niceTicks(0, 10), [0, 2, 4, 6, 8, 10]);
  assertEquals(niceTicks(0, 0.7), [0, 0.2, 0.4, 0.6]);
  assertEquals(niceTicks(3, 3), [3]);
});

Deno.test("a linear scale runs from end to end, and puts a lone value in the middle", () => {
  assertEquals([0, 5, 20].map(linearScale(0, 20, 5).place), [0, 0.25, 1]);
  assertEquals(linearScale(7, 7, 5).place(7), 0.5);
});

Deno.test("a logarithmic scale has whole powers of ten and takes what is below them for the lowest", () => {
  const { ticks, place } = logarithmicScale([0, 0.5, 800]);
  assertEquals(ticks, [0.1, 1, 10, 100, 1_000]);
  assertEquals([0, 0.1, 10, 1_000].map(place), [0, 0, 0.5, 1]);
});
