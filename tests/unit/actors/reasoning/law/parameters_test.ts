import { assertEquals, assertThrows } from "@std/assert";
import { beslagvrijeVoetMax } from "../../../../../actors/reasoning/law/legal_parameters.ts";
import {
  type Dated,
  findValue,
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

Deno.test("a figure past its last known day is carried forward and says so", () => {
  assertEquals(findValue(beslagvrijeVoetMax, "2024-06-30").carried, false);
  assertEquals(findValue(beslagvrijeVoetMax, "2026-01-01").carried, true);
});
