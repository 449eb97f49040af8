import { assertEquals } from "@std/assert";
import { noFigures } from "../../../../simulators/what_if/comparison_figures.ts";
import { FEW_NAME, shareOf, whatIfResult } from "../../../../simulators/what_if/what_if_result.ts";

const compared = { mode: "decisions", sample: 1, seed: "s", changes: [], complete: true } as const;

Deno.test("shareOf() gives the interval of Wilson, also where nothing differs", () => {
  assertEquals(shareOf(0, 100), { share: 0, low: 0, high: 0.037 });
  assertEquals(shareOf(10, 100), { share: 0.1, low: 0.0552, high: 0.1744 });
  assertEquals(shareOf(0, 0), { share: 0, low: 0, high: 1 });
});

Deno.test("whatIfResult() puts values of few cases under one name: they may be one person", () => {
  const figures = noFigures();
  const row = (cases: number) => ({ cases, differing: 1, cents: 100 });
  figures.breakdowns.organization = { "Gemeente A": row(100), "Gemeente B": row(1), "Gemeente C": row(2) };
  const { breakdowns } = whatIfResult(figures, compared);
  assertEquals(breakdowns.organization.map(({ value, cases, differing }) => [value, cases, differing]), [
    [FEW_NAME, 3, 2],
    ["Gemeente A", 100, 1],
  ]);
});

Deno.test("whatIfResult() counts a person once in a cell, and puts what differs first", () => {
  const figures = noFigures();
  figures.matrix = {
    "collect → collect": { points: 50, cents: 0, people: [], groundsOnly: 0 },
    "collect → refer_assistance": { points: 3, cents: 30_050, people: [1, 1, 2], groundsOnly: 0 },
  };
  const [first, second] = whatIfResult(figures, compared).matrix;
  assertEquals([first!.after, first!.people, first!.differing], ["refer_assistance", 2, 3]);
  assertEquals([JSON.stringify(first!.euros), second!.differing], ["300.50", 0]);
});
