/** The claims that cases are about: which type in which month, how much, and how pressing. @module */
import type { priorities, threats } from "../../schema/events.ts";
import { assumptions } from "./assumptions.ts";
import { type DebtType, seasonIndex, sourcedFigures } from "./figures.ts";
import { Categorical, clippedLognormal, type Random } from "./random.ts";
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
  readonly amount: { mu: number; sigma: number; min: number; max: number };
  readonly ownThreat: Threat | undefined;
  readonly threatShare: number;
  /** The priorities of what no situation makes urgent. */
  readonly calm: Categorical<Priority>;
}

function claimDistribution(type: DebtType, scenario: CaseVariant): ClaimDistribution {
  const { mu, sigma, min_eur: min, max_eur: max } = type.amount;
  const { urgent, ...calm } = type.priority_mix;
  return {
    type,
    amount: { mu, sigma, min, max },
    ownThreat: ownThreats[type.id],
    threatShare: Math.min(1, urgent * scenario.threatFactor),
    calm: Categorical.of<Priority>({ ...calm, urgent: 0 }),
  };
}

/** Draws claims as a scenario has them. */
export class ClaimProcess {
  readonly #byMonth: readonly Categorical<ClaimDistribution>[];
  readonly #otherThreats = Categorical.of<Threat>(assumptions.threat_of_other_debt.value);

  constructor(readonly random: Random, scenario: CaseVariant) {
    const types = sourcedFigures.debt_types.map((type) => claimDistribution(type, scenario));
    this.#byMonth = MONTHS.map((month) => new Categorical(types, monthWeights(month, scenario)));
  }

  /** A claim that arrives in this month (1 to 12). */
  next(month: number): Claim {
    const draws = this.#byMonth[month - 1]!.draw(this.random);
    const size = this.random.normal();
    const threat = this.#threat(draws, size);
    return {
      type: draws.type,
      amount: clippedLognormal(size, draws.amount),
      priority: threat === undefined ? draws.calm.draw(this.random) : "urgent",
      threats: threat === undefined ? [] : [threat],
    };
  }

  /** The threatening situation, if there is one: the type's own only above its median, with twice the chance. */
  #threat({ ownThreat, threatShare }: ClaimDistribution, size: number): Threat | undefined {
    const own = ownThreat !== undefined;
    const chance = own ? (size > 0 ? 2 * threatShare : 0) : threatShare;
    if (!this.random.chance(chance)) return undefined;
    return own ? ownThreat : this.#otherThreats.draw(this.random);
  }
}
