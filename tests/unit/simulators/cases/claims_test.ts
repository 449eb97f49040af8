import { assertAlmostEquals, assertEquals } from "@std/assert";
import { typeShares } from "../../../../simulators/cases/claims.ts";
import { sourcedFigures } from "../../../../simulators/cases/figures.ts";
import { caseVariantNames, caseVariants } from "../../../../simulators/cases/variants.ts";

for (const name of caseVariantNames) {
  Deno.test(`variant ${name}: the shares of the debt types add up to one`, () => {
    assertAlmostEquals(typeShares(caseVariants[name]).reduce((a, b) => a + b), 1, 1e-9);
  });
}

Deno.test("a replaced share stands, and the others keep their proportions", () => {
  const shares = typeShares(caseVariants.cak);
  const factors = sourcedFigures.debt_types.map(({ weight }, i) => shares[i]! / weight);
  const replaced = sourcedFigures.debt_types.findIndex(({ id }) => id === "cak_eigen_bijdrage");
  assertEquals(shares[replaced], 0.15);
  const [first, ...others] = factors.filter((_, i) => i !== replaced);
  for (const factor of others) assertAlmostEquals(factor, first!, 1e-9);
});
