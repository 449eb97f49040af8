import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { amountShape, drawAmount, normalShare } from "../../../../simulators/cases/claim_amount.ts";
import { sourcedFigures } from "../../../../simulators/cases/figures.ts";
import { Random } from "../../../../simulators/cases/random.ts";

Deno.test("the shape of every type has its median and 90th percentile between its bounds", () => {
  for (const { id, amount } of sourcedFigures.debt_types) {
    const { least, most, mu, sigma } = amountShape(amount);
    const below = (euros: number) => normalShare((Math.log(euros - least) - mu) / sigma) / belowMost;
    const belowMost = normalShare((Math.log(most - least) - mu) / sigma);
    assertAlmostEquals(below(amount.median_eur), 0.5, 1e-5, id);
    assertAlmostEquals(below(amount.p90_eur), 0.9, 1e-5, id);
    assertEquals([least, most], [amount.min_eur, amount.max_eur]);
  }
});

Deno.test("amounts stay between the bounds of their type, and no bound is drawn", () => {
  const premium = sourcedFigures.debt_types.find(({ id }) => id === "zorgpremie")!.amount;
  const random = new Random(1, "amounts");
  for (let i = 0; i < 20_000; i++) {
    const amount = drawAmount(amountShape(premium), random);
    assert(amount > premium.min_eur && amount < premium.max_eur);
  }
});

Deno.test("the part of a normal below a point is that of the tables", () => {
  const table = [[0, 0.5], [1, 0.841345], [-1.96, 0.024998], [1.2816, 0.9]] as const;
  for (const [z, share] of table) assertAlmostEquals(normalShare(z), share, 1e-5);
});
