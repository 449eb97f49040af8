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

/** A mandate of the system: what it decides alone that is adverse or final, up to an amount in cents. */
export interface SystemMandate {
  readonly name: string;
  readonly decisions: readonly string[];
  readonly upTo: number;
  /** Who gave it. */
  readonly givenBy: string;
  /** The first day on which it holds, ISO. */
  readonly since: string;
}

/** The bounds of a policy, and the mandates of the system. Amounts in cents. */
export type Policy =
  & { readonly version: string; readonly mandates: readonly SystemMandate[] }
  & Readonly<Record<Exclude<keyof typeof reviewed, "version" | "mandates">, number>>;

/** The policy as it was reviewed. */
const reviewed = {
  version: "policy-2",
  /** Below this `analysis_confidence` a person decides. */
  lowConfidence: 0.5,
  /** From this `analysis_confidence` an adverse decision may be the system's. */
  highConfidence: 0.8,
  /** Confidence lost for each mark of `metadata.marks`, such as a BSN that fails the eleven-test. */
  confidenceLostByMark: 0.2,
  /** Below this `success_probability` a person decides on a payment plan. */
  lowSuccess: 0.4,
  /** Most the system forgives by itself. */
  forgiveMax: 50_000,
  /** Longest term of an arrangement that is offered while the income is not known, months. */
  unverifiedMonths: 18,
  /** Largest instalment offered by the system when the income is not known. */
  unverifiedInstalmentMax: 5_000,
  /** Smallest instalment worth a payment. */
  instalmentMin: 1_000,
  /** The part of the room to repay that may be asked for; below 1 the household keeps the rest. */
  capacityShare: 1,
  /** Days after its due date that an instalment counts as missed. */
  graceDays: 14,
  /** Missed instalments after which a plan is escalated. */
  missedMax: 2,
  /** Days after a case closed within which a payment that was made before may become known, and reopens it. */
  latePaymentDays: 14,
  /** Weeks to pay under ordinary collection. */
  collectWeeks: 4,
  /** Weeks a caseworker has where no situation is threatening. */
  reviewWeeks: 4,
  /** None, until an organisation gives one. */
  mandates: [],
} as const;

/** The policy in effect: the reviewed one, unless a candidate is tried (`candidate.ts`). */
export let policy: Policy = reviewed;

/** The mandates that this process was configured with: they hold whatever else is tried, unless that names its own. */
let granted: Policy["mandates"] = reviewed.mandates;

/** Puts bounds in effect in the place of the reviewed ones; without any the reviewed ones. */
export function setPolicy(bounds: Partial<Policy> = {}): void {
  policy = { ...reviewed, mandates: granted, ...bounds };
}

/** Puts mandates in effect in this thread, from now on. */
export function grantMandates(mandates: Policy["mandates"]): void {
  granted = mandates;
  setPolicy();
}

export const LATE_PAYMENT = assumed(
  "a payment that was made in time, and known within 14 days of the closing, counts by the day it was made",
);
export const DEBT_PLAN = assumed(
  "a plan of debt assistance runs as long as a scheme with discharge (NVVK: 18 months since 1-7-2023, 36 before)",
);
export const SMALL_CLAIM = assumed(
  "a creditor is asked to let a claim go that is not above the mean cost of collecting one",
);
export const NOTHING_OWED = assumed("a claim of nothing is closed");
export const PRO_RATA = assumed("each creditor is paid in proportion to its claim");
export const REMISSION_TEST = assumed(
  "remission of a municipal levy is a person's decision, after a test of income and means",
);
export const RAISED_FIGURE = assumed(
  "an amount that is not published yet is the last one, raised by 3.5% a half year",
);
export const REMISSION = assumed("remission of local levies at assistance level");
export const OFFER_FIRST = assumed("an arrangement is offered first");
export const HUMAN_REVIEW: Source = {
  law: "Policy: a person decides what is adverse or unsure (AVG art. 22)",
  certainty: "policy",
};
export const MODEL_ADVICE: Source = {
  law: "Policy: without an income the model's advice is followed",
  certainty: "policy",
};
