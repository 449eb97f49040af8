/**
 * What the model sees of a case: facts about the claim and the money only.
 *
 * Left out on purpose: BSN, name, contact, municipality, organisation (it names a municipality), intake channel (a proxy
 * of language), household (a single parent is mostly a mother), income source and age band (proxies of origin and age).
 * A test holds that changing any of these leaves the score the same to the bit.
 * @module
 */
import type { DataOf } from "../../../schema/events.ts";
import { type DebtClass, debtClass } from "../rules/debt_classes.ts";

/** The features, in the order of the weights. */
export const featureNames = [
  "claim",
  "claim_to_income",
  "debts_to_income",
  "creditors",
  "income",
  "threat",
  "priority",
  "public_claim",
  "vital_claim",
  "fine",
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

const priorityLevel = { low: 0, normal: 1, high: 2, urgent: 3 } as const;
const publicClasses: ReadonlySet<DebtClass> = new Set([
  "national_tax",
  "local_levy",
  "parking_levy",
  "benefits",
  "study",
]);

/** The features of an intake. Amounts count as the logarithm of euros, quantised to 1e-4. */
export function extractFeatures(intake: DataOf<"case.intake">): Features {
  const { monthly_income: income, total_debt: debts, creditors, threats } = intake.profile ?? {};
  const kind = debtClass(intake.debt_type);
  const values = Float64Array.of(
    logEuros(intake.debt_amount),
    ratio(intake.debt_amount, income),
    ratio(debts, income),
    creditors === undefined ? NaN : quantise(Math.log1p(creditors)),
    income === undefined ? NaN : logEuros(income),
    threats === undefined ? NaN : Number(threats.length > 0),
    priorityLevel[intake.priority],
    Number(publicClasses.has(kind)),
    Number(kind === "vital" || kind === "health"),
    Number(kind === "fine"),
  );
  return { values, missing: missingFacts(intake, kind) };
}

function missingFacts({ profile }: DataOf<"case.intake">, kind: DebtClass): number[] {
  const missing: number[] = [];
  if (profile?.monthly_income === undefined) missing.push(0);
  if (profile?.total_debt === undefined) missing.push(1);
  if (profile?.creditors === undefined) missing.push(2);
  if (profile?.threats === undefined) missing.push(3);
  if (kind === "unknown") missing.push(4);
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
