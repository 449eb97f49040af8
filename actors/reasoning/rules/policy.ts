/**
 * The organisation's own choices: where people decide, and bounds the law leaves open. Every figure here is an
 * assumption until an organisation sets it; none is a published norm unless its source says so.
 * @module
 */
import { FIRST_RULE_DAY } from "../../../schema/event_fields.ts";
import type { Source } from "../law/source.ts";

const assumed = (name: string): Source => ({ law: `Policy: ${name}`, certainty: "assumption" });

/** First day of the tables: from then on the figures they rest on are known. A replay of earlier days is refused. */
export const FIRST_DAY = FIRST_RULE_DAY;

/** Bounds of the policy. Amounts in cents. */
interface Policy {
  readonly version: string;
  /** Below this `analysis_confidence` a person decides. */
  readonly lowConfidence: number;
  /** From this `analysis_confidence` an adverse decision may be the system's. */
  readonly highConfidence: number;
  /** Confidence lost for each mark of `metadata.marks`, such as a BSN that fails the eleven-test. */
  readonly confidenceLostByMark: number;
  /** Below this `success_probability` a person decides on a payment plan. */
  readonly lowSuccess: number;
  /** Most the system forgives by itself. */
  readonly forgiveMax: number;
  /** Debts above this many monthly incomes are called problematic. */
  readonly problematicIncomes: number;
  /** Largest instalment offered by the system when the income is not known. */
  readonly unverifiedInstalmentMax: number;
  /** Smallest instalment worth a payment. */
  readonly instalmentMin: number;
  /** Days after its due date that an instalment counts as missed. */
  readonly graceDays: number;
  /** Missed instalments after which a plan is escalated. */
  readonly missedMax: number;
  /** Weeks to pay under ordinary collection. */
  readonly collectWeeks: number;
  /** Weeks a caseworker has where no situation is threatening. */
  readonly reviewWeeks: number;
}

/** The default policy. */
export const policy: Policy = {
  version: "policy-1",
  lowConfidence: 0.5,
  highConfidence: 0.8,
  confidenceLostByMark: 0.2,
  lowSuccess: 0.4,
  forgiveMax: 50_000,
  problematicIncomes: 12,
  unverifiedInstalmentMax: 5_000,
  instalmentMin: 1_000,
  graceDays: 14,
  missedMax: 2,
  collectWeeks: 4,
  reviewWeeks: 4,
};

export const SMALL_CLAIM = assumed("a claim not above the mean cost of collecting it is forgiven");
export const REMISSION = assumed("remission of local levies at assistance level");
export const PROBLEMATIC = assumed("debts above a year's net income are problematic");
export const OFFER_FIRST = assumed("an arrangement is offered first");
export const HUMAN_REVIEW: Source = {
  law: "Policy: a person decides what is adverse or unsure (AVG art. 22)",
  certainty: "policy",
};
export const MODEL_ADVICE: Source = {
  law: "Policy: without an income the model's advice is followed",
  certainty: "policy",
};
