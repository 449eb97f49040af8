import { assertEquals, assertThrows } from "@std/assert";
import * as law from "../../../../../actors/reasoning/law/legal_parameters.ts";
import { findValue, MissingValue, valueOn } from "../../../../../actors/reasoning/law/parameters.ts";

Deno.test("a voluntary scheme and a court scheme last 36 months until 1 July 2023 and 18 from then on", () => {
  for (const months of [law.msnpMonths, law.wsnpMonths]) {
    assertEquals(["2023-06-30", "2023-07-01"].map((day) => valueOn(months, day)), [36, 18]);
  }
});

Deno.test("the days of the WIK's reminder and the months of a Zvw offer can be shown but not used", () => {
  for (const [parameter, value] of [[law.wikReminderDays, 14], [law.zvwOfferMonths, 2]] as const) {
    assertEquals(findValue(parameter, "2026-01-01"), { value, certainty: "unverified", carried: false });
    assertThrows(() => valueOn(parameter, "2026-01-01"), MissingValue, "unverified");
  }
});

Deno.test("the history of every figure is in order", () => {
  const parameters = Object.values(law).filter((value) => "values" in value);
  for (const { id, values } of parameters) {
    const days = values.map((value) => value.from);
    assertEquals([id, days], [id, days.toSorted()]);
  }
  assertEquals(parameters.length > 15, true);
});
