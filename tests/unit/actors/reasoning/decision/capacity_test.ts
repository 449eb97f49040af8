import { assertEquals } from "@std/assert";
import { repaymentCapacity, shareOfRoom } from "../../../../../actors/reasoning/decision/capacity.ts";
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
