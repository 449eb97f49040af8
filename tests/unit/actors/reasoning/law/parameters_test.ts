import { assertEquals, assertThrows } from "@std/assert";
import { longestTerm, repaymentCapacity } from "../../../../../actors/reasoning/decision/capacity.ts";
import {
  statutoryInterest,
  taxReminderCosts,
  taxWritCosts,
  wahvAmount,
  wikCosts,
} from "../../../../../actors/reasoning/law/costs.ts";
import { findValue, MissingValue, valueOn } from "../../../../../actors/reasoning/law/parameters.ts";
import * as law from "../../../../../actors/reasoning/law/legal_parameters.ts";
import { cents } from "../../../../../schema/money.ts";

Deno.test("the WIK scale gives its published checks", () => {
  const checks = { 100: 40, 1000: 150, 2500: 375, 5000: 625, 10000: 875, 200000: 2775, 1000000: 6775 };
  for (const [principal, costs] of Object.entries(checks)) {
    assertEquals(wikCosts(cents(Number(principal) * 100), "2026-01-01"), cents(costs * 100));
  }
});

Deno.test("WIK costs are never below 40 nor above 6,775 euro", () => {
  assertEquals(wikCosts(cents(0), "2024-01-01"), cents(4_000));
  assertEquals(wikCosts(cents(100_000_000_000), "2024-01-01"), cents(677_500));
});

Deno.test("a day before a figure is known has no value", () => {
  assertThrows(() => wikCosts(cents(100_000), "2012-06-30"), MissingValue, "2012-06-30");
  assertThrows(() => taxReminderCosts(cents(100_000), "2025-12-31"), MissingValue);
});

Deno.test("a voluntary scheme lasts 36 months until 1 July 2023 and 18 from then on", () => {
  assertEquals(valueOn(law.msnpMonths, "2023-06-30"), 36);
  assertEquals(valueOn(law.msnpMonths, "2023-07-01"), 18);
  assertEquals(valueOn(law.wsnpMonths, "2023-07-01"), 18);
  assertEquals(longestTerm("persoonlijke_lening", "2022-01-01"), 36);
  assertEquals(longestTerm("belasting_inkomstenbelasting", "2026-01-01"), 12);
  assertEquals(longestTerm("toeslagen_terugvordering", "2026-01-01"), 18);
});

Deno.test("a traffic fine grows by 50% and then doubles", () => {
  const fine = cents(10_000);
  const amounts = ([0, 1, 2] as const).map((increases) => wahvAmount(fine, increases, "2025-01-01"));
  assertEquals(amounts, [10_900, 15_900, 30_900].map(cents));
});

Deno.test("tax costs follow the Kostenwet of 2026", () => {
  assertEquals(taxReminderCosts(cents(45_399), "2026-02-01"), cents(1_000));
  assertEquals(taxReminderCosts(cents(45_400), "2026-02-01"), cents(2_200));
  assertEquals(taxWritCosts(cents(4_500), "2026-02-01"), cents(5_600));
  assertEquals(taxWritCosts(cents(9_000), "2026-02-01"), cents(6_100));
  assertEquals(taxWritCosts(cents(100_000_000), "2026-02-01"), cents(1_652_400));
});

Deno.test("interest counts each day at the rate of that day", () => {
  const year = statutoryInterest(cents(100_000), "2023-01-01", "2024-01-01");
  // 181 days at 4% and 184 at 6%: 1983.56 + 3024.66 cents.
  assertEquals(year, cents(5_008));
  assertEquals(statutoryInterest(cents(100_000), "2024-03-01", "2024-03-01"), cents(0));
});

Deno.test("an unverified figure can be shown but not used", () => {
  assertEquals(findValue(law.wikReminderDays, "2026-01-01").certainty, "unverified");
  assertThrows(() => valueOn(law.wikReminderDays, "2026-01-01"), MissingValue, "unverified");
  assertThrows(() => valueOn(law.zvwOfferMonths, "2026-01-01"), MissingValue, "unverified");
});

Deno.test("a figure past its last known day is carried forward and says so", () => {
  assertEquals(findValue(law.beslagvrijeVoetMax, "2024-06-30").carried, false);
  assertEquals(findValue(law.beslagvrijeVoetMax, "2026-01-01").carried, true);
  assertEquals(repaymentCapacity(150_000, "eenpersoons", "2026-01-01").notes, ["beslagvrije_voet_carried"]);
});

Deno.test("room to repay is what is above the highest beslagvrije voet, and at least 5% of the income", () => {
  assertEquals(repaymentCapacity(150_000, "eenpersoons", "2024-02-01").cents, 7_500);
  assertEquals(repaymentCapacity(300_000, "eenpersoons", "2024-02-01").cents, 300_000 - 199_621);
  assertEquals(repaymentCapacity(300_000, undefined, "2024-02-01").cents, 300_000 - 274_709);
});

Deno.test("before the first known beslagvrije voet only the 5% count", () => {
  const capacity = repaymentCapacity(300_000, "eenpersoons", "2023-12-31");
  assertEquals(capacity, { cents: 15_000, notes: ["beslagvrije_voet_unknown"] });
});

Deno.test("the history of every figure is in order", () => {
  const parameters = Object.values(law).filter((value) => "values" in value);
  for (const { id, values } of parameters) {
    const days = values.map((value) => value.from);
    assertEquals([id, days], [id, days.toSorted()]);
  }
  assertEquals(parameters.length > 15, true);
});
