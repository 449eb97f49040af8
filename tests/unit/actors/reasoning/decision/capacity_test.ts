import { assertEquals } from "@std/assert";
import { longestTerm, repaymentCapacity } from "../../../../../actors/reasoning/decision/capacity.ts";

Deno.test("room to repay is what is above the highest beslagvrije voet, and at least 5% of the income", () => {
  assertEquals(repaymentCapacity(150_000, "eenpersoons", "2024-02-01").cents, 7_500);
  assertEquals(repaymentCapacity(300_000, "eenpersoons", "2024-02-01").cents, 300_000 - 199_621);
  assertEquals(repaymentCapacity(300_000, undefined, "2024-02-01").cents, 300_000 - 274_709);
});

Deno.test("before the first known beslagvrije voet only the 5% count", () => {
  const capacity = repaymentCapacity(300_000, "eenpersoons", "2023-12-31");
  assertEquals(capacity, { cents: 15_000, notes: ["beslagvrije_voet_unknown"] });
});

Deno.test("a beslagvrije voet that is carried forward is noted", () => {
  assertEquals(repaymentCapacity(150_000, "eenpersoons", "2026-01-01").notes, ["beslagvrije_voet_carried"]);
});

Deno.test("a plan lasts as long as a voluntary scheme, and for income tax 12 months", () => {
  assertEquals(longestTerm("persoonlijke_lening", "2022-01-01"), 36);
  assertEquals(longestTerm("belasting_inkomstenbelasting", "2026-01-01"), 12);
  assertEquals(longestTerm("toeslagen_terugvordering", "2026-01-01"), 18);
});
