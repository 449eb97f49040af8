import { assertEquals, assertThrows } from "@std/assert";
import {
  amountOn,
  type Dated,
  findValue,
  isKnownOn,
  MissingValue,
  valueOn,
} from "../../../../../actors/reasoning/law/parameters.ts";

const doubled: Dated<number> = {
  id: "doubled",
  source: { law: "Test", certainty: "policy" },
  values: [
    { from: "2020-01-01", value: 1 },
    { from: "2021-01-01", value: 2 },
    { from: "2022-01-01", value: 4, certainty: "unverified" },
  ],
};

Deno.test("a value holds from its first day until the next one's, whatever the time of day", () => {
  const days = ["2020-01-01", "2020-12-31T23:59:59Z", "2021-01-01T00:00:00Z"];
  assertEquals(days.map((day) => valueOn(doubled, day)), [1, 1, 2]);
});

Deno.test("a day before a figure is known has no value", () => {
  for (const read of [findValue, valueOn]) {
    assertThrows(() => read(doubled, "2019-12-31"), MissingValue, "No doubled is known for 2019-12-31");
  }
});

Deno.test("an unverified figure can be shown but not used", () => {
  assertEquals(findValue(doubled, "2022-01-01").certainty, "unverified");
  assertThrows(() => valueOn(doubled, "2022-01-01"), MissingValue, "unverified");
});

const halfYearly: Dated<number> = {
  id: "half_yearly",
  source: { law: "Test", certainty: "quoted" },
  assumedRise: 0.5,
  values: [{ from: "2024-01-01", until: "2024-07-01", value: 1_000 }, {
    from: "2025-01-01",
    until: "2025-07-01",
    value: 2_000,
  }],
};

Deno.test("a figure past its last known day has expired: it can be shown but not used", () => {
  assertEquals(["2024-06-30", "2024-07-01", "2025-01-01"].map((day) => findValue(halfYearly, day).expired), [
    false,
    true,
    false,
  ]);
  assertThrows(() => valueOn(halfYearly, "2024-07-01"), MissingValue, "not known on 2024-07-01");
  assertEquals(["2023-12-31", "2024-06-30", "2024-07-01"].map((day) => isKnownOn(halfYearly, day)), [
    false,
    true,
    false,
  ]);
});

Deno.test("an amount that has expired is raised for each half year since, and is an assumption", () => {
  const days = ["2024-06-30", "2024-07-01", "2025-06-30", "2025-12-31", "2026-01-01"];
  assertEquals(days.map((day) => amountOn(halfYearly, day).cents), [1_000, 1_500, 2_000, 3_000, 4_500]);
  assertEquals(amountOn(halfYearly, "2026-01-01"), {
    cents: 4_500,
    published: 2_000,
    from: "2025-01-01",
    certainty: "assumption",
    raised: 1.25,
  });
});
