import { assertEquals } from "@std/assert";
import {
  instalmentsAllowed,
  longestTerm,
  repaymentCapacity,
  shareOfRoom,
} from "../../../../../actors/reasoning/decision/capacity.ts";
import { cents } from "../../../../../schema/money.ts";
import { fullIntake, type Intake } from "../intakes.ts";

const room = (income: number, household: "eenpersoons" | undefined, day: string) =>
  repaymentCapacity(income, household, day)?.cents;

Deno.test("room to repay is what is above the highest beslagvrije voet of the day, and may be nothing", () => {
  assertEquals(room(150_000, "eenpersoons", "2024-02-01"), 0);
  assertEquals(room(300_000, "eenpersoons", "2022-02-01"), 300_000 - 169_166);
  assertEquals(room(300_000, "eenpersoons", "2024-08-01"), 300_000 - 201_960);
  assertEquals(room(300_000, undefined, "2024-02-01"), 300_000 - 274_709);
});

Deno.test("before the first known beslagvrije voet the room is not known", () => {
  assertEquals(repaymentCapacity(300_000, "eenpersoons", "2020-12-31"), undefined);
});

Deno.test("a beslagvrije voet that is not published is the last one, raised each half year, and says so", () => {
  const july = { id: "beslagvrije_voet_max_single", from: "2025-07-01" };
  assertEquals(repaymentCapacity(300_000, "eenpersoons", "2025-12-31"), {
    cents: 300_000 - 209_367,
    published: 300_000 - 209_367,
    figure: { ...july, certainty: "quoted" },
  });
  assertEquals(repaymentCapacity(300_000, "eenpersoons", "2026-01-01"), {
    cents: 300_000 - 216_695,
    published: 300_000 - 209_367,
    figure: { ...july, certainty: "assumption", raised: 0.035 },
  });
  assertEquals(repaymentCapacity(300_000, "eenpersoons", "2026-07-01")?.figure.raised, 0.0712);
});

Deno.test("a creditor's share of the room is in proportion to all debts, to the cent", () => {
  const claim = (amount: number, profile: Partial<Intake["profile"]>) =>
    fullIntake({ debt_amount: cents(amount) }, profile);
  assertEquals(shareOfRoom(10_000, claim(30_000, { total_debt: cents(90_000) })), 3_333);
  assertEquals(shareOfRoom(10_000, claim(30_000, { total_debt: cents(30_000), creditors: 1 })), 10_000);
  const large = claim(33_333_333_333, { total_debt: cents(100_000_000_000) });
  assertEquals(shareOfRoom(3_000_000, large), 999_999);
});

Deno.test("an ordinary plan lasts 36 months at most; for income tax 12 and for toeslagen 24", () => {
  assertEquals(longestTerm("persoonlijke_lening", "2022-01-01"), 36);
  assertEquals(longestTerm("belasting_inkomstenbelasting", "2026-01-01"), 12);
  assertEquals(longestTerm("toeslagen_terugvordering", "2026-01-01"), 24);
  assertEquals(longestTerm("uwv_terugvordering", "2026-01-01"), 36);
});

Deno.test("a fine may be paid in instalments from 225 euro since July 2015 and from 75 since 2019", () => {
  const allowed = (amount: number, day: string) =>
    instalmentsAllowed(fullIntake({ debt_type: "verkeersboete", debt_amount: cents(amount) }), day);
  const days = ["2015-06-30", "2015-07-01", "2018-12-31", "2019-01-01"];
  assertEquals(days.map((day) => allowed(12_000, day)), [false, false, false, true]);
  assertEquals(days.map((day) => allowed(22_500, day)), [false, true, true, true]);
  assertEquals([allowed(7_499, "2026-01-01"), allowed(7_500, "2026-01-01")], [false, true]);
});
