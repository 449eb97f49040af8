import { assertAlmostEquals, assertEquals } from "@std/assert";
import { groupErrors, wilsonInterval } from "../../../../simulators/training/group_errors.ts";

const ofWages = { age_band: "25-34", household: "eenpersoons", income_source: "loon" };
const predictions = [
  ...Array.from({ length: 30 }, (_, i) => ({ chance: 0.5, label: Number(i < 15), groups: ofWages })),
  { chance: 1, label: 1, groups: { ...ofWages, income_source: "ww" } },
];

Deno.test("each group that someone is in has its own calibration and error", () => {
  const errors = groupErrors(predictions);
  assertEquals(errors.map(({ grouping, group, count }) => [grouping, group, count]), [
    ["age_band", "25-34", 31],
    ["household", "eenpersoons", 31],
    ["income_source", "loon", 30],
    ["income_source", "ww", 1],
  ]);
  const { predicted, observed, brier, brierInterval } = errors[2]!;
  assertEquals([predicted, observed, brier, ...brierInterval], [0.5, 0.5, 0.25, 0.25, 0.25]);
});

Deno.test("an interval of a share is Wilson's: 5 of 10 lie between 24 % and 76 %, 0 of 10 below 28 %", () => {
  const [from, to] = wilsonInterval(0.5, 10);
  assertAlmostEquals(from, 0.2366, 1e-3);
  assertAlmostEquals(to, 0.7634, 1e-3);
  assertAlmostEquals(wilsonInterval(0, 10)[1], 0.2775, 1e-3);
});
