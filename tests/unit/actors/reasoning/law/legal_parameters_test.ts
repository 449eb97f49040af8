import { assertEquals, assertThrows } from "@std/assert";
import * as law from "../../../../../actors/reasoning/law/legal_parameters.ts";
import { beslagvrijeVoetMax } from "../../../../../actors/reasoning/law/income_parameters.ts";
import { findValue, MissingValue, valueOn } from "../../../../../actors/reasoning/law/parameters.ts";

Deno.test("a voluntary scheme and a court scheme last 36 months until 1 July 2023 and 18 from then on", () => {
  for (const months of [law.msnpMonths, law.wsnpMonths]) {
    assertEquals(["2023-06-30", "2023-07-01"].map((day) => valueOn(months, day)), [36, 18]);
  }
});

Deno.test("the days of the WIK's reminder can be shown but not used", () => {
  const { value, certainty } = findValue(law.wikReminderDays, "2026-01-01");
  assertEquals([value, certainty], [14, "unverified"]);
  assertThrows(() => valueOn(law.wikReminderDays, "2026-01-01"), MissingValue, "unverified");
});

Deno.test("the highest beslagvrije voet is the published one of each half year", () => {
  const { single, family } = beslagvrijeVoetMax;
  const days = ["2021-01-01", "2022-01-01", "2023-01-01", "2024-01-01", "2025-01-01", "2025-07-01"];
  assertEquals(days.map((day) => valueOn(single, day)), [166140, 169166, 187281, 199621, 207124, 209367]);
  assertEquals(days.map((day) => valueOn(family, day)), [231745, 226298, 250997, 274709, 285596, 288800]);
});

Deno.test("the history of every figure is in order", () => {
  const parameters = Object.values(law).filter((value) => "values" in value);
  for (const { id, values } of parameters) {
    const days = values.map((value) => value.from);
    assertEquals([id, days], [id, days.toSorted()]);
  }
  assertEquals(parameters.length > 15, true);
});
