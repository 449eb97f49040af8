import { assert, assertAlmostEquals } from "@std/assert";
import { sourcedFigures } from "../../../../simulators/cases/figures.ts";
import { type PersonKind, personShares } from "../../../../simulators/cases/person_shares.ts";

const kinds = personShares();
const shareOf = (of: (kind: PersonKind) => boolean) =>
  kinds.reduce((sum, [kind, share]) => sum + (of(kind) ? share : 0), 0);

Deno.test("the kinds of persons meet all three published shares", () => {
  const { household_types, age_bands, income_source } = sourcedFigures;
  for (const [name, share] of Object.entries(household_types.shares)) {
    assertAlmostEquals(shareOf(({ household }) => household === name), share, 1e-9);
  }
  for (const [name, share] of Object.entries(age_bands.shares)) {
    assertAlmostEquals(shareOf(({ ageBand }) => ageBand === name), share, 1e-9);
  }
  for (const [name, share] of Object.entries(income_source.shares)) {
    assertAlmostEquals(shareOf(({ incomeSource }) => incomeSource === name), share, 1e-9);
  }
});

Deno.test("few of the youngest are couples with children, and few of the oldest have children at home", () => {
  const among = (band: string, ...homes: string[]) =>
    shareOf(({ ageBand, household }) => ageBand === band && homes.includes(household)) /
    shareOf(({ ageBand }) => ageBand === band);
  assert(among("16-24", "paar_met_kinderen") < 0.15);
  assert(among("65+", "eenouder") < 0.05);
  assert(among("65+", "paar_met_kinderen") < 0.08);
  assert(among("35-44", "paar_met_kinderen", "eenouder") > 0.5);
});

Deno.test("a claim is impossible by household, age or income", () => {
  const withoutOf = (of: (kind: PersonKind) => boolean) =>
    kinds.filter(([kind]) => of(kind)).map(([{ impossibleClaims }]) => impossibleClaims);
  const single = withoutOf(({ household }) => household === "eenpersoons");
  assert(single.every((without) => without.includes("kinderopvangtoeslag_terugvordering")));
  const assisted = withoutOf(({ incomeSource }) => incomeSource === "bijstand");
  assert(assisted.every((without) => without.includes("hypotheek")));
  assert(withoutOf(({ ageBand }) => ageBand === "65+").every((without) => without.includes("studieschuld")));
  assert(kinds.some(([{ impossibleClaims }]) => impossibleClaims === ""));
});
