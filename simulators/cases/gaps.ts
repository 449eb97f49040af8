/** What an organisation does not know of a person: the gaps of generated profiles, which the model is trained on too. @module */
import { assumptions } from "./assumptions.ts";
import type { Random } from "./random.ts";

/** The facts of a profile that may be missing. */
const facts = ["monthly_income", "total_debt", "creditors", "threats"] as const;
type Fact = (typeof facts)[number];

/** The profile without what is not known; undefined when nothing is. Draws the same number of times whatever is missing. */
export function withGaps<P extends { readonly [F in Fact]?: unknown }>(
  profile: P,
  random: Random,
): P | undefined {
  const shares = assumptions.gaps.value;
  const isUnknown = random.chance(shares.profile);
  const unknown = facts.filter(() => random.chance(shares.fact));
  if (isUnknown) return undefined;
  const known = { ...profile };
  for (const fact of unknown) delete known[fact];
  return known;
}
