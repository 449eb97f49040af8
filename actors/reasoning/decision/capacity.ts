/** Room to repay and the longest term, by the rules of the day. @module */
import type { DataOf, Profile } from "../../../schema/events.ts";
import { findValue, MissingValue, valueOn } from "../law/parameters.ts";
import { debtClass } from "../rules/debt_classes.ts";
import {
  arrangementMonths,
  beslagvrijeVoetMax,
  leastCapacityShare,
  msnpMonths,
  wahvInstalmentsFrom,
} from "../law/legal_parameters.ts";

/** Room to repay a month, in cents, with what a reader must know of it. */
export interface Capacity {
  readonly cents: number;
  /** `beslagvrije_voet_carried` or `beslagvrije_voet_unknown`: the maximum is of another day, or not known. */
  readonly notes: readonly string[];
}

/**
 * Room to repay from a net monthly income (cents): what is above the highest beslagvrije voet of the household, and at
 * least 5 % of the income. An estimate: the beslagvrije voet itself also depends on housing, care and children's costs.
 * Before the first known maximum only the 5 % count, which errs on the citizen's side.
 */
export function repaymentCapacity(income: number, household: Profile["household"], day: string): Capacity {
  const least = Math.floor(income * valueOn(leastCapacityShare, day));
  try {
    const { value, carried } = findValue(beslagvrijeVoetMax, day);
    const above = income - value[protectedAs(household)];
    return { cents: Math.max(least, above), notes: carried ? ["beslagvrije_voet_carried"] : [] };
  } catch (error) {
    if (!(error instanceof MissingValue)) throw error;
    return { cents: least, notes: ["beslagvrije_voet_unknown"] };
  }
}

/** Which maximum protects a household. An unknown household gets the highest, which errs on the citizen's side. */
function protectedAs(household: Profile["household"]): "single" | "parent" | "couple" | "family" {
  switch (household) {
    case "eenpersoons":
      return "single";
    case "eenouder":
      return "parent";
    case "paar_zonder_kinderen":
      return "couple";
    default:
      return "family";
  }
}

/** Longest term of a payment plan in months: the scheme's, or the creditor's standard arrangement when shorter. */
export function longestTerm(debtType: string, day: string): number {
  const scheme = valueOn(msnpMonths, day);
  const standard = valueOn(arrangementMonths, day);
  switch (debtClass(debtType)) {
    case "national_tax":
      return Math.min(scheme, standard.tax);
    case "benefits":
      return Math.min(scheme, standard.benefits);
    default:
      return scheme;
  }
}

/** Whether the law lets a claim be paid in instalments: a traffic fine only from a certain amount. */
export function instalmentsAllowed(intake: DataOf<"case.intake">, day: string): boolean {
  return debtClass(intake.debt_type) !== "fine" || intake.debt_amount >= valueOn(wahvInstalmentsFrom, day);
}
