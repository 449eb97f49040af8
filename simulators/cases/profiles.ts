/** The people behind the cases: drawn from the sourced shares, known by a test BSN, now and then coming back. @module */
import { ageBands, type households, incomeSources } from "../../schema/events.ts";
import { assumptions } from "./assumptions.ts";
import { municipalities, sourcedFigures } from "./figures.ts";
import { jointShares } from "./joint_shares.ts";
import { Categorical, clippedLognormal, negativeBinomialShares, type Random } from "./random.ts";
import { shuffle, testBsns } from "./seeded_ids.ts";

type Household = (typeof households)[number];
type AgeBand = (typeof ageBands)[number];
type IncomeSource = (typeof incomeSources)[number];

/** A person; with the same facts in every case of theirs. Amounts in euros. */
export interface Citizen {
  /** 1 for the first person of a run. */
  readonly ordinal: number;
  readonly bsn: string;
  readonly household: Household;
  readonly ageBand: AgeBand;
  readonly incomeSource: IncomeSource;
  readonly municipality: string;
  readonly monthlyIncome: number;
  readonly creditors: number;
  /** All debts together; raised when a claim asks for more. */
  totalDebt: number;
}

/** Weights of municipalities: published numbers of persons where there are, else prevalence at one assumed size. */
export function municipalityWeights(): Record<string, number> {
  const { Amsterdam, Rotterdam, s_Gravenhage } = sourcedFigures.population.municipality_counts_2023;
  const counted: Record<string, number> = { Amsterdam, Rotterdam, "'s-Gravenhage": s_Gravenhage };
  const others = Object.entries(municipalities.prevalence_pct).filter(([name]) => !(name in counted));
  const persons = sourcedFigures.population.persons_16plus_2023.value - Amsterdam - Rotterdam - s_Gravenhage;
  const total = others.reduce((sum, [, prevalence]) => sum + prevalence, 0);
  return {
    ...counted,
    ...Object.fromEntries(others.map(([name, prevalence]) => [name, persons * prevalence / total])),
  };
}

/** Age band and income source together: both published shares, without the combinations that cannot be. */
function ageAndIncome(): Categorical<readonly [AgeBand, IncomeSource]> {
  const impossible: Partial<Record<IncomeSource, readonly AgeBand[]>> = assumptions.impossible_ages.value;
  const table = jointShares(
    ageBands.map((band) => sourcedFigures.age_bands.shares[band]),
    incomeSources.map((source) => sourcedFigures.income_source.shares[source]),
    (age, income) => !impossible[incomeSources[income]!]?.includes(ageBands[age]!),
  );
  const pairs = ageBands.flatMap((band) => incomeSources.map((source) => [band, source] as const));
  return new Categorical(pairs, table.flat());
}

function creditorCounts(): Categorical<number> {
  const { dist } = sourcedFigures.creditors_per_case;
  const shares = negativeBinomialShares(dist);
  return new Categorical(shares.map((_, i) => dist.min + i), shares);
}

/** A net income in euros a month. */
function monthlyIncome(source: IncomeSource, household: Household, random: Random): number {
  const { median, sigma } = assumptions.monthly_income.value[source];
  const couple = household === "paar_met_kinderen" || household === "paar_zonder_kinderen";
  const factor = couple ? assumptions.couple_income_factor.value : 1;
  return clippedLognormal(random.normal(), { mu: Math.log(median * factor), sigma });
}

/** The persons of a run. Memory is constant: as many persons are kept as there are test BSNs. */
export class CitizenPopulation {
  readonly #numbers: readonly string[];
  readonly #known: Citizen[] = [];
  readonly #households = Categorical.of(sourcedFigures.household_types.shares);
  readonly #agesAndIncomes = ageAndIncome();
  readonly #municipalities = Categorical.of(municipalityWeights());
  readonly #creditors = creditorCounts();
  #born = 0;

  constructor(readonly random: Random) {
    this.#numbers = shuffle(testBsns(), random);
  }

  /** The person of the next case: at the published rate someone who was there before, else someone new. */
  next(): { citizen: Citizen; returning: boolean } {
    const returning = this.random.chance(sourcedFigures.outcomes.repeat_applicants.value) &&
      this.#known.length > 0;
    const citizen = returning ? this.#known[this.random.below(this.#known.length)]! : this.#newcomer();
    return { citizen, returning };
  }

  /** A new person, who takes over the test number, and the place, of the one longest known once all are in use. */
  #newcomer(): Citizen {
    const place = this.#born++ % this.#numbers.length;
    const household = this.#households.draw(this.random);
    const [ageBand, incomeSource] = this.#agesAndIncomes.draw(this.random);
    return this.#known[place] = {
      ordinal: this.#born,
      bsn: this.#numbers[place]!,
      household,
      ageBand,
      incomeSource,
      municipality: this.#municipalities.draw(this.random),
      monthlyIncome: monthlyIncome(incomeSource, household, this.random),
      creditors: this.#creditors.draw(this.random),
      totalDebt: clippedLognormal(this.random.normal(), sourcedFigures.total_debt_per_client.dist),
    };
  }
}
