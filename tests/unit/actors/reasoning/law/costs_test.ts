import { assertEquals, assertThrows } from "@std/assert";
import {
  statutoryInterest,
  taxReminderCosts,
  taxWritCosts,
  wahvAmount,
  wikCosts,
} from "../../../../../actors/reasoning/law/costs.ts";
import { MissingValue } from "../../../../../actors/reasoning/law/parameters.ts";
import { cents } from "../../../../../schema/money.ts";

Deno.test("the WIK scale gives its published checks", () => {
  const checks = { 100: 40, 1000: 150, 2500: 375, 5000: 625, 10000: 875, 200000: 2775, 1000000: 6775 };
  for (const [principal, costs] of Object.entries(checks)) {
    assertEquals(wikCosts(cents(Number(principal) * 100), "2026-01-01"), cents(costs * 100));
  }
});

Deno.test("WIK costs are never below 40 nor above 6,775 euro", () => {
  assertEquals(wikCosts(cents(1), "2024-01-01"), cents(4_000));
  assertEquals(wikCosts(cents(0), "2024-01-01"), cents(0));
  assertEquals(wikCosts(cents(100_000_000_000), "2024-01-01"), cents(677_500));
});

Deno.test("a day before the figures of a law are known has no costs", () => {
  assertThrows(() => wikCosts(cents(100_000), "2012-06-30"), MissingValue, "2012-06-30");
  for (const day of ["2020-12-31", "2023-01-01", "2025-12-31", "2027-01-01"]) {
    assertThrows(() => taxReminderCosts(cents(100_000), day), MissingValue);
  }
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

Deno.test("a tax reminder of 2021 and of 2022 costs what it did then", () => {
  assertEquals(["2021-06-01", "2022-06-01"].map((day) => taxReminderCosts(cents(45_400), day)), [
    cents(1_700),
    cents(1_800),
  ]);
  assertEquals(taxReminderCosts(cents(45_399), "2022-06-01"), cents(800));
});

Deno.test("interest over a half year whose rate is not known has no value", () => {
  for (const [from, until] of [["2012-01-01", "2013-01-01"], ["2026-01-01", "2026-08-01"]] as const) {
    assertThrows(() => statutoryInterest(cents(100_000), from, until), MissingValue);
  }
  assertEquals(statutoryInterest(cents(100_000), "2011-07-01", "2012-07-01"), cents(4_011));
});

Deno.test("interest counts each day at the rate of that day", () => {
  const year = statutoryInterest(cents(100_000), "2023-01-01", "2024-01-01");
  // 181 days at 4% and 184 at 6%: 1983.56 + 3024.66 cents.
  assertEquals(year, cents(5_008));
  assertEquals(statutoryInterest(cents(100_000), "2024-03-01", "2024-03-01"), cents(0));
});
