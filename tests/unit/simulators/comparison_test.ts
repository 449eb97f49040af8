import { assertEquals } from "@std/assert";
import { spread } from "../../../simulators/comparison.ts";

Deno.test("a spread is the median with the least and the greatest", () => {
  assertEquals(spread([3, 1, 2]), { median: 2, least: 1, greatest: 3 });
  assertEquals(spread([10, 9]), { median: 10, least: 9, greatest: 10 });
});
