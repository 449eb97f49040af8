import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { divide, planPayments } from "../../../../../actors/reasoning/decision/payment_plan.ts";

const claims = fc.integer({ min: 0, max: 100_000_000_000 });

Deno.test("a claim is divided evenly, and the last instalment takes the rest", () => {
  const plan = planPayments(100_000, { share: 30_000, months: 18, instalmentMin: 1_000 }, "2026-01-31");
  assertEquals(plan?.instalments, [
    { due: "2026-02-28", amount: 25_000 },
    { due: "2026-03-31", amount: 25_000 },
    { due: "2026-04-30", amount: 25_000 },
    { due: "2026-05-31", amount: 25_000 },
  ]);
});

Deno.test("without an income the whole term is used, with an instalment worth a payment", () => {
  assertEquals(divide(90_001, { months: 18, instalmentMin: 1_000 }), { each: 5_001, count: 18 });
  assertEquals(divide(2_500, { months: 18, instalmentMin: 1_000 }), { each: 1_000, count: 3 });
});

Deno.test("what does not fit the room to repay gets no plan", () => {
  assertEquals(divide(180_001, { share: 10_000, months: 18, instalmentMin: 1_000 }), undefined);
  assertEquals(divide(180_000, { share: 10_000, months: 18, instalmentMin: 1_000 })?.count, 18);
});

Deno.test("amounts are conserved to the cent, within the share and the term", () => {
  const bounds = fc.record({
    share: fc.option(fc.integer({ min: 0, max: 1_000_000_000 }), { nil: undefined }),
    months: fc.integer({ min: 1, max: 36 }),
    instalmentMin: fc.integer({ min: 1, max: 2_000 }),
  });
  fc.assert(fc.property(claims, bounds, (claim, { share, months, instalmentMin }) => {
    if (share !== undefined) claim = Math.min(claim, share * months);
    const known = share === undefined ? {} : { share };
    const { instalments } = planPayments(claim, { ...known, months, instalmentMin }, "2026-03-10")!;
    const amounts = instalments.map((instalment) => instalment.amount);
    assertEquals(amounts.reduce((sum, amount) => sum + amount, 0), claim);
    assert(instalments.length <= months);
    assert(
      amounts.every((amount) => amount > 0 && amount <= (share ?? Infinity) && amount <= amounts[0]!),
    );
  }));
});
