import { assertEquals } from "@std/assert";
import { formatCount, formatMs, formatShort } from "../../../../simulators/reports/number_format.ts";

Deno.test("numbers on an axis are short", () => {
  assertEquals([0, 0.25, 999, 12_345, 2_500_000].map(formatShort), ["0", "0.25", "999", "12.3K", "2.5M"]);
});

Deno.test("counts are whole and have their thousands apart", () => {
  assertEquals([0, 999.6, 1_234_567].map(formatCount), ["0", "1,000", "1,234,567"]);
});

Deno.test("times are milliseconds below a second, and a dash where there is none", () => {
  assertEquals([undefined, 85.4, 1_000, 61_234].map(formatMs), ["–", "85 ms", "1.0 s", "61.2 s"]);
});
