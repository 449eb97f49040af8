/**
 * What the model sees of a case: facts about the money only, each of which has an effect on some action. The size of a
 * claim by itself, its kind and its priority are no features: nothing says that they matter beside the income, and who
 * sends a case in sets its priority.
 *
 * Left out on purpose: BSN, name, contact, municipality, organisation (it names a municipality), intake channel (a proxy
 * of language), household (a single parent is mostly a mother), income source and age band (proxies of origin and age).
 * A test holds that changing any of these leaves the score the same to the bit.
 * @module
 */
import type { DataOf } from "../../../schema/events.ts";
import { debtClass } from "../rules/debt_classes.ts";

/** The features, in the order of the weights. */
export const featureNames = [
  "claim_to_income",
  "debts_to_income",
  "creditors",
  "income",
  "threat",
] as const;
export type FeatureName = (typeof featureNames)[number];

/** What may be missing, and is asked for in the reason codes. */
export const missable = ["monthly_income", "total_debt", "creditors", "threats", "debt_type"] as const;
export type Missable = (typeof missable)[number];

/** Features of a case; NaN where the fact is missing. */
export interface Features {
  readonly values: Float64Array;
  /** Places in `missable`. */
  readonly missing: readonly number[];
}

/** The features of an intake. Amounts count as the logarithm of euros, quantised to 1e-4. */
export function extractFeatures(intake: DataOf<"case.intake">): Features {
  const { monthly_income: income, total_debt: debts, creditors, threats } = intake.profile ?? {};
  const values = Float64Array.of(
    ratio(intake.debt_amount, income),
    ratio(debts, income),
    creditors === undefined ? NaN : quantise(Math.log1p(creditors)),
    income === undefined ? NaN : logEuros(income),
    threats === undefined ? NaN : Number(threats.length > 0),
  );
  return { values, missing: missingFacts(intake) };
}

function missingFacts({ debt_type, profile }: DataOf<"case.intake">): number[] {
  const missing: number[] = [];
  if (profile?.monthly_income === undefined) missing.push(0);
  if (profile?.total_debt === undefined) missing.push(1);
  if (profile?.creditors === undefined) missing.push(2);
  if (profile?.threats === undefined) missing.push(3);
  if (debtClass(debt_type) === "unknown") missing.push(4);
  return missing;
}

/** In steps of 1e-4. */
export function quantise(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

function logEuros(amount: number): number {
  return quantise(Math.log1p(amount / 100));
}

/** Logarithm of an amount against a monthly income; at least one euro of income, so that it stays finite. */
function ratio(amount: number | undefined, income: number | undefined): number {
  return amount === undefined || income === undefined
    ? NaN
    : quantise(Math.log1p(amount / Math.max(100, income)));
}
