import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import {
  ageBands,
  households,
  incomeSources,
  intakeChannels,
  priorities,
} from "../../../../schema/events.ts";
import { localHour } from "../../../../simulators/cases/arrival_pattern.ts";
import { assumptions, modellingChoices } from "../../../../simulators/cases/assumptions.ts";
import {
  latestApplications,
  municipalities,
  smallestCountedDebt,
  sourcedFigures,
} from "../../../../simulators/cases/figures.ts";
import { explainFigures, renderExplanation } from "../../../../simulators/cases/figure_sources.ts";

Deno.test("the figures are those of the sources", () => {
  assertEquals([latestApplications.year, latestApplications.n], [2022, 75_531]);
  assertEquals(smallestCountedDebt, 50);
  assertEquals(Object.keys(municipalities.prevalence_pct).length, 342);
  assertEquals(sourcedFigures.debt_types.length, 29);
});

/** Shares over exactly these items, which sum to 1. */
function assertShares(items: readonly string[], shares: Readonly<Record<string, number>>): void {
  assertEquals(Object.keys(shares), [...items]);
  for (const [item, share] of Object.entries(shares)) assert(share >= 0 && share <= 1, item);
  assertAlmostEquals(Object.values(shares).reduce((sum, share) => sum + share, 0), 1, 1e-6);
}

Deno.test("shares cover every item of the schema, and sum to 1", () => {
  const { household_types, age_bands, income_source, debt_types, channel_mix, weight_blocks } =
    sourcedFigures;
  assertShares(households, household_types.shares);
  assertShares(ageBands, age_bands.shares);
  assertShares(incomeSources, income_source.shares);
  const { online, phone, walk_in } = channel_mix;
  assertShares(intakeChannels, { online, phone, walk_in });
  const { A, B, C } = weight_blocks;
  assertShares(["A", "B", "C"], { A, B, C });
  const weights = Object.fromEntries(debt_types.map(({ id, weight }) => [id, weight]));
  assertShares(debt_types.map(({ id }) => id), weights);
  for (const { priority_mix } of debt_types) assertShares(priorities, priority_mix);
});

Deno.test("amounts, rates and the range of test BSNs are possible ones", () => {
  const { debt_types, seasonality, bsn: { test_range }, creditors_per_case, total_debt_per_client } =
    sourcedFigures;
  for (const { id, block, amount: { dist, sigma, min_eur, max_eur } } of debt_types) {
    assert(dist === "lognormal" && sigma > 0 && min_eur >= 0 && max_eur > min_eur, id);
    assert(["A", "B", "C"].includes(block), id);
  }
  assertEquals(Object.keys(seasonality.monthly_index).length, 12);
  assert(
    [...Object.values(seasonality.monthly_index), ...Object.values(municipalities.prevalence_pct)].every((
      n,
    ) => n > 0),
  );
  assert(creditors_per_case.dist.k > 0 && total_debt_per_client.dist.sigma > 0);
  for (const bsn of [test_range.first, test_range.last]) assertMatch(bsn, /^9999\d{5}$/);
});

Deno.test("the median and the 90th percentile of a type agree with its parameters", () => {
  for (const { id, amount: { mu, sigma, median_eur, p90_eur } } of sourcedFigures.debt_types) {
    assert(Math.abs(Math.exp(mu) / median_eur - 1) < 0.001, id);
    assert(Math.abs(Math.exp(mu + 1.2816 * sigma) / p90_eur - 1) < 0.01, id);
  }
});

Deno.test("the explanation shows every assumption, and calls it one", () => {
  const assumed = new Map(
    explainFigures().filter((row) => row.source === "assumption").map((row) => [row.figure, row]),
  );
  for (const name of [...Object.keys(assumptions), ...Object.keys(modellingChoices)]) {
    assertEquals(assumed.get(name)?.certainty, "assumption", name);
  }
});

Deno.test("nothing that is not an assumption lacks a source", () => {
  for (const { figure, source, certainty } of explainFigures()) {
    if (certainty !== "assumption") assert(source.length > 8, figure);
    else assert(source === "assumption" || source.includes("assum"), figure);
  }
});

Deno.test("a weight within an assumed block is not passed off as quoted", () => {
  const weights = explainFigures().filter(({ figure }) => figure.endsWith(": weight"));
  assertEquals(weights.length, 29);
  assertEquals(new Set(weights.map(({ certainty }) => certainty)), new Set(["mixed", "assumption"]));
});

Deno.test("the explanation of a scenario begins with what departs", () => {
  assertEquals(explainFigures("cak")[0]?.certainty, "departure");
  assert(renderExplanation(explainFigures("cak")).startsWith("scenario cak = The own contribution"));
  assert(explainFigures().every(({ certainty }) => certainty !== "departure"));
});

Deno.test("Dutch hours follow summer time", () => {
  const hourAt = (time: string) => localHour(Date.parse(time)).hourOfWeek % 24;
  assertEquals(["2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"].map(hourAt), [1, 3]);
  assertEquals(["2026-10-25T00:59:00Z", "2026-10-25T01:00:00Z"].map(hourAt), [2, 2]);
  assertEquals(localHour(Date.parse("2025-12-31T23:00:00Z")), { month: 1, hourOfWeek: 4 * 24 });
});
