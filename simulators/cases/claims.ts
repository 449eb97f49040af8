/** The claims that cases are about: which type in which month, how much, and how pressing. @module */
import type { priorities, threats } from "../../schema/events.ts";
import { assumptions } from "./assumptions.ts";
import { type DebtType, seasonIndex, sourcedFigures } from "./figures.ts";
import { amountShape, drawAmount } from "./claim_amount.ts";
import { jointShares } from "./joint_shares.ts";
import { type PersonKind, personShares } from "./person_shares.ts";
import { Categorical, type Random } from "./random.ts";
import type { CaseVariant } from "./variants.ts";

type Priority = (typeof priorities)[number];
type Threat = (typeof threats)[number];

/** A claim of one organisation on one person. */
export interface Claim {
  readonly type: DebtType;
  /** In euros. */
  readonly amount: number;
  readonly priority: Priority;
  /** Threatening situations; a claim is urgent exactly when there is one. */
  readonly threats: readonly Threat[];
}

const MONTHS = Array.from({ length: 12 }, (_, i) => i + 1);
/** The type whose yearly run causes the season of the early-warning signals, so that it alone follows their index. */
const SEASONAL_TYPE = "zorgpremie";
const ownThreats: Readonly<Record<string, Threat>> = assumptions.threat_of_debt_type.value;

/** The share of each type in a year, as the scenario has it: replaced shares stand, the others shrink alike. */
export function typeShares(scenario: CaseVariant): number[] {
  const replaced = (type: DebtType) => scenario.typeShares[type.id];
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const given = sum(sourcedFigures.debt_types.map((type) => replaced(type) ?? 0));
  const kept = sum(sourcedFigures.debt_types.map((type) => replaced(type) === undefined ? type.weight : 0));
  return sourcedFigures.debt_types.map((type) => replaced(type) ?? type.weight * (1 - given) / kept);
}

/** How much more, or less, of a type arrives in a month than in an even year. */
function monthFactor(typeId: string, month: number, scenario: CaseVariant): number {
  const season = typeId === SEASONAL_TYPE ? seasonIndex[month] ?? 1 : 1;
  return season * (scenario.monthFactors[typeId]?.[month] ?? 1);
}

/** Arrival weights of the types in a month; their sum is the factor of the month on all arrivals. */
function monthWeights(month: number, scenario: CaseVariant): number[] {
  const shares = typeShares(scenario);
  return sourcedFigures.debt_types.map((type, i) => shares[i]! * monthFactor(type.id, month, scenario));
}

/** The factors of the twelve months on all arrivals together, January first. */
export function monthFactors(scenario: CaseVariant): number[] {
  return MONTHS.map((month) => monthWeights(month, scenario).reduce((sum, weight) => sum + weight, 0));
}

interface ClaimDistribution {
  readonly type: DebtType;
  readonly amount: ReturnType<typeof amountShape>;
  readonly ownThreat: Threat | undefined;
  readonly threatShare: number;
  /** The priorities of what no situation makes urgent. */
  readonly calm: Categorical<Priority>;
}

function claimDistribution(type: DebtType, scenario: CaseVariant): ClaimDistribution {
  const { urgent, ...calm } = type.priority_mix;
  return {
    type,
    amount: amountShape(type.amount),
    ownThreat: ownThreats[type.id],
    threatShare: Math.min(1, urgent * scenario.threatFactor),
    calm: Categorical.of<Priority>({ ...calm, urgent: 0 }),
  };
}

/**
 * The shares of types in a year for persons by what claims they can't have: what some can't have is had more often by
 * the others, so that over all persons the shares are those of the scenario.
 */
function sharesByPerson(scenario: CaseVariant): ReadonlyMap<string, readonly number[]> {
  const persons = new Map<string, number>();
  for (const [{ impossibleClaims: without }, share] of personShares()) {
    persons.set(without, (persons.get(without) ?? 0) + share);
  }
  const texts = [...persons.keys()];
  const table = jointShares(
    [...persons.values()],
    typeShares(scenario),
    (person, type) => Number(!texts[person]!.split(" ").includes(sourcedFigures.debt_types[type]!.id)),
  );
  return new Map(texts.map((text, i) => [text, table[i]!]));
}

/** Draws claims as a scenario has them. */
export class ClaimProcess {
  /** By what a person can't have, then by month. */
  readonly #draws: ReadonlyMap<string, readonly Categorical<ClaimDistribution>[]>;
  readonly #otherThreats = Categorical.of<Threat>(assumptions.threat_of_other_debt.value);

  constructor(readonly random: Random, scenario: CaseVariant) {
    const types = sourcedFigures.debt_types.map((type) => claimDistribution(type, scenario));
    const ofMonth = (shares: readonly number[]) => (month: number) =>
      new Categorical(
        types,
        shares.map((share, i) => share * monthFactor(types[i]!.type.id, month, scenario)),
      );
    this.#draws = new Map(
      [...sharesByPerson(scenario)].map(([text, shares]) => [text, MONTHS.map(ofMonth(shares))]),
    );
  }

  /** A claim on a person that arrives in this month (1 to 12). */
  next(month: number, { impossibleClaims }: PersonKind): Claim {
    const draws = this.#draws.get(impossibleClaims)![month - 1]!.draw(this.random);
    const amount = drawAmount(draws.amount, this.random);
    const threat = this.#threat(draws, amount);
    return {
      type: draws.type,
      amount,
      priority: threat === undefined ? draws.calm.draw(this.random) : "urgent",
      threats: threat === undefined ? [] : [threat],
    };
  }

  /** The threatening situation, if there is one: the type's own only above its median, with twice the chance. */
  #threat({ type, ownThreat, threatShare }: ClaimDistribution, amount: number): Threat | undefined {
    const own = ownThreat !== undefined;
    const chance = own ? (amount > type.amount.median_eur ? 2 * threatShare : 0) : threatShare;
    if (!this.random.chance(chance)) return undefined;
    return own ? ownThreat : this.#otherThreats.draw(this.random);
  }
}
