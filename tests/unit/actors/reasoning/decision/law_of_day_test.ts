import { assertEquals } from "@std/assert";
import { lawOfDay } from "../../../../../actors/reasoning/decision/law_of_day.ts";

const monthsOf = (debtType: string, day: string) => lawOfDay(debtType, day).months;

Deno.test("an ordinary plan lasts 36 months at most; for income tax 12 and for toeslagen 24", () => {
  assertEquals(monthsOf("persoonlijke_lening", "2022-01-01"), 36);
  assertEquals(monthsOf("belasting_inkomstenbelasting", "2026-01-01"), 12);
  assertEquals(monthsOf("toeslagen_terugvordering", "2026-01-01"), 24);
  assertEquals(monthsOf("uwv_terugvordering", "2026-01-01"), 36);
});

Deno.test("a fine may be paid in instalments from 225 euro since July 2015 and from 75 since 2019", () => {
  const days = ["2015-06-30", "2015-07-01", "2018-12-31", "2019-01-01"];
  assertEquals(days.map((day) => lawOfDay("verkeersboete", day).instalmentsFrom), [
    null,
    22_500,
    22_500,
    7_500,
  ]);
  assertEquals(lawOfDay("telecom", "2015-01-01").instalmentsFrom, 0);
});

Deno.test("figures that are less than quoted are named with their certainty", () => {
  assertEquals(lawOfDay("verkeersboete", "2026-01-01").unsure, [
    { id: "wahv_instalments_from", from: "2019-01-01", certainty: "secondary" },
  ]);
  assertEquals(lawOfDay("telecom", "2022-01-01").unsure.map(({ id, certainty }) => [id, certainty]), [
    ["ordinary_months", "assumption"],
  ]);
  assertEquals(lawOfDay("telecom", "2026-01-01").unsure, []);
});
