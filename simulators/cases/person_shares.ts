/** What kinds of persons there are: age band, income source and household together, of published shares of each. @module */
import { ageBands, households, incomeSources } from "../../schema/events.ts";
import { assumptions } from "./assumptions.ts";
import { sourcedFigures } from "./figures.ts";
import { jointShares } from "./joint_shares.ts";

/** What a kind of person is by. */
interface Traits {
  readonly household: (typeof households)[number];
  readonly ageBand: (typeof ageBands)[number];
  readonly incomeSource: (typeof incomeSources)[number];
}

/** A kind of person. */
export interface PersonKind extends Traits {
  /** Which claims such a person can't have, as one text: persons of one text have the same shares of claims. */
  readonly impossibleClaims: string;
}

/** Every kind with its share. All three published shares are met; household and income depend on each other by age only. */
export function personShares(): (readonly [PersonKind, number])[] {
  const ages = ageBands.map((band) => sourcedFigures.age_bands.shares[band]);
  const incomes = jointShares(
    ages,
    incomeSources.map((source) => sourcedFigures.income_source.shares[source]),
    (age, income) => Number(!impossibleAges[incomeSources[income]!]?.includes(ageBands[age]!)),
  );
  const homes = jointShares(
    ages,
    households.map((household) => sourcedFigures.household_types.shares[household]),
    (age, home) => assumptions.household_of_age.value[households[home]!][age]!,
  );
  return ageBands.flatMap((ageBand, age) =>
    incomeSources.flatMap((incomeSource, income) =>
      households.map((household, home) => {
        const traits = { household, ageBand, incomeSource };
        const share = incomes[age]![income]! * homes[age]![home]! / ages[age]!;
        return [{ ...traits, impossibleClaims: impossibleClaims(traits) }, share] as const;
      })
    )
  );
}

const impossibleAges: Readonly<Record<string, readonly string[]>> = assumptions.impossible_ages.value;

function impossibleClaims({ household, ageBand, incomeSource }: Traits): string {
  return Object.entries(assumptions.impossible_claims.value).filter(([, of]) =>
    of.some((each) => each === household || each === ageBand || each === incomeSource)
  ).map(([type]) => type).join(" ");
}
