/** The people behind the cases: drawn from the sourced shares, known by a test BSN, now and then coming back. @module */
import { assumptions } from "./assumptions.ts";
import { municipalities, sourcedFigures } from "./figures.ts";
import { type PersonKind, personShares } from "./person_shares.ts";
import { Categorical, lognormal, negativeBinomialShares, type Random } from "./random.ts";
import { shuffle, testBsns } from "./seeded_ids.ts";

/** A person; with the same facts in every case of theirs. Amounts in euros. */
export interface Citizen extends PersonKind {
  /** 1 for the first person of a run. */
  readonly ordinal: number;
  readonly bsn: string;
  readonly municipality: string;
  readonly monthlyIncome: number;
  readonly creditors: number;
  /** All debts together, as drawn; raised when a claim leaves too little of it to the others. */
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

function creditorCounts(): Categorical<number> {
  const { dist } = sourcedFigures.creditors_per_case;
  const shares = negativeBinomialShares(dist);
  return new Categorical(shares.map((_, i) => dist.min + i), shares);
}

/** A net income in euros a month, with holiday pay, at a moment: social assistance is a norm, other incomes vary. */
function monthlyIncome(
  { incomeSource, household, ageBand }: PersonKind,
  time: number,
  random: Random,
): number {
  const couple = household === "paar_met_kinderen" || household === "paar_zonder_kinderen";
  if (incomeSource === "bijstand") return assistanceNorm(couple, ageBand === "65+", time);
  const { median, sigma } = assumptions.monthly_income.value[incomeSource];
  const factor = couple ? assumptions.couple_income_factor.value : 1;
  return lognormal(random, { mu: Math.log(median * factor), sigma });
}

/** The norm of social assistance of the day; of a day for which none was found the one nearest before, else the first. */
function assistanceNorm(couple: boolean, pensioner: boolean, time: number): number {
  const { norms } = sourcedFigures.assistance_norms;
  const { single_eur, couple_eur, pensioner_single_eur, pensioner_couple_eur } =
    norms.findLast(({ from }) => Date.parse(from) <= time) ?? norms[0]!;
  if (pensioner) return couple ? pensioner_couple_eur : pensioner_single_eur;
  return couple ? couple_eur : single_eur;
}

/** The persons of a run. Memory is constant: as many persons are kept as there are test BSNs. */
export class CitizenPopulation {
  readonly #numbers: readonly string[];
  readonly #known: Citizen[] = [];
  readonly #kinds: Categorical<PersonKind>;
  readonly #municipalities = Categorical.of(municipalityWeights());
  readonly #creditors = creditorCounts();
  #born = 0;

  constructor(readonly random: Random) {
    this.#numbers = shuffle(testBsns(), random);
    const kinds = personShares();
    this.#kinds = new Categorical(kinds.map(([kind]) => kind), kinds.map(([, share]) => share));
  }

  /** The person of the next case, at this moment (ms since 1970): at the published rate someone who was there before, else someone new. */
  next(time: number): { citizen: Citizen; returning: boolean } {
    const returning = this.random.chance(sourcedFigures.outcomes.repeat_applicants.value) &&
      this.#known.length > 0;
    const citizen = returning ? this.#known[this.random.below(this.#known.length)]! : this.#newcomer(time);
    return { citizen, returning };
  }

  /** A new person, who takes over the test number, and the place, of the one longest known once all are in use. */
  #newcomer(time: number): Citizen {
    const place = this.#born++ % this.#numbers.length;
    const kind = this.#kinds.draw(this.random);
    return this.#known[place] = {
      ordinal: this.#born,
      bsn: this.#numbers[place]!,
      ...kind,
      municipality: this.#municipalities.draw(this.random),
      monthlyIncome: monthlyIncome(kind, time, this.random),
      creditors: this.#creditors.draw(this.random),
      totalDebt: lognormal(this.random, sourcedFigures.total_debt_per_client.dist),
    };
  }
}
