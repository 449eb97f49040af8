/** What follows a decision, a caseworker's or the system's: the case closes, or runs on with a plan or terms. @module */
import type { DataOf } from "../../../schema/events.ts";
import { cents } from "../../../schema/money.ts";
import { figuresOf, planFor } from "../decision/case_figures.ts";
import type { Instalment, PaymentPlan } from "../decision/payment_plan.ts";
import { dutchDate } from "../decision/wording.ts";
import { debtClass } from "../rules/debt_classes.ts";
import { BESLAGVRIJE_VOET } from "../law/income_parameters.ts";
import { HUMAN_REVIEW, policy } from "../rules/policy.ts";
import { datesOf, reviewTerm, type Term, termsOf } from "../law/terms.ts";
import { reviewText } from "../../texts/citizen_texts.ts";
import { daysAfter, dutchDay, endOfDay } from "../law/working_days.ts";

type Intake = DataOf<"case.intake">;
type Analysis = DataOf<"case.analysis">;
type Outcome = DataOf<"case.completed">["outcome"];
/** What matters of a decision for what follows it. */
export type DecisionSummary = Pick<
  DataOf<"case.decision">,
  "case_id" | "decision" | "decided_by" | "reason" | "law_on"
>;

/** The case ends now. */
export interface Closes {
  readonly kind: "closes";
  readonly completed: DataOf<"case.completed">;
  /** With a decision to forgive, when the amount is known. */
  readonly forgiven?: DataOf<"case.debt_forgiven">;
}

/** The case runs on until what it waits for happens, or a term expires. */
export interface Continues {
  readonly kind: "continues";
  readonly state: "in_payment_plan" | "referred" | "in_collection";
  /** With a payment plan. */
  readonly plan?: PaymentPlan;
  /** When each instalment counts as missed, in order; with a payment plan. */
  readonly missed_at?: readonly string[];
  readonly terms: readonly Term[];
}

/** A plan was decided on that the rules do not allow: a person must review it. */
interface NeedsReview {
  readonly kind: "needs_review";
  readonly review: DataOf<"case.review_requested">;
}

export type FollowUp = Closes | Continues | NeedsReview;

/**
 * What follows a decision, from its moment (`at`) on. Without an intake (a decision that came before its case) there is no
 * amount: forgiving then closes without one, and a payment plan needs review. `openedAt` is when the case opened. Plans are by
 * the figures of the day whose law it names, or else of `lawDay`.
 */
export function planFollowUp(
  decision: DecisionSummary,
  intake: Intake | undefined,
  analysis: Analysis | undefined,
  openedAt: string,
  at: string,
  lawDay?: string,
): FollowUp {
  const day = dutchDay(at);
  switch (decision.decision) {
    case "forgive":
      return forgives(decision, intake, analysis, openedAt, at);
    case "payment_plan":
      return plans(decision, intake, day, decision.law_on ?? lawDay ?? day);
    case "refer_assistance":
      return { kind: "continues", state: "referred", ...termed(decision, intake, day) };
    case "collect":
      return { kind: "continues", state: "in_collection", ...termed(decision, intake, day) };
  }
}

function termed({ decision }: DecisionSummary, intake: Intake | undefined, day: string) {
  const threatening = intake ? figuresOf(intake, day).threatening : false;
  return { terms: termsOf(decision, day, threatening, debtClass(intake?.debt_type ?? "")) };
}

function forgives(
  decision: DecisionSummary,
  intake: Intake | undefined,
  analysis: Analysis | undefined,
  openedAt: string,
  at: string,
): Closes {
  const completed = completion(decision.case_id, "resolved", analysis, openedAt, at);
  if (!intake) return { kind: "closes", completed };
  const { case_id, reason, decided_by: approved_by } = decision;
  return {
    kind: "closes",
    completed,
    forgiven: { case_id, amount: intake.debt_amount, reason, approved_by },
  };
}

function plans(
  decision: DecisionSummary,
  intake: Intake | undefined,
  day: string,
  lawDay: string,
): Continues | NeedsReview {
  const plan = intake && planFor(intake, figuresOf(intake, lawDay), day);
  if (!plan || plan.instalments.length === 0) return needsReview(decision, intake, day);
  const missed_at = plan.instalments.map(missedAt);
  return { kind: "continues", state: "in_payment_plan", plan, missed_at, terms: [] };
}

const UNKNOWN_CLAIM = {
  code: "unknown_claim",
  reason: "A payment plan was decided on, but the amount of the claim is not known.",
  reason_nl: "Er is tot een betalingsregeling besloten, maar het bedrag van de vordering is niet bekend.",
};
const NO_PLAN_FITS = {
  code: "no_plan_fits",
  reason: "A payment plan was decided on, but none fits the room to repay within the longest term.",
  reason_nl:
    "Er is tot een betalingsregeling besloten, maar binnen de langste termijn past er geen bij de afloscapaciteit.",
};

function needsReview(
  { case_id }: DecisionSummary,
  intake: Intake | undefined,
  day: string,
): NeedsReview {
  const threatening = intake ? figuresOf(intake, day).threatening : false;
  const source = `${HUMAN_REVIEW.law}; ${BESLAGVRIJE_VOET.law}`;
  const reason = intake ? NO_PLAN_FITS : UNKNOWN_CLAIM;
  const term = datesOf(reviewTerm(day, threatening));
  return {
    kind: "needs_review",
    review: {
      case_id,
      asked_of: "caseworker",
      reasons: [reason],
      citizen_text: reviewText([reason.code], dutchDate(term.due)),
      rules: [{ id: "policy/plan_within_capacity", version: policy.version, source }],
      term,
      ...(intake ? { debt_amount: intake.debt_amount } : {}),
    },
  };
}

/** The instant after which an instalment counts as missed: its due date and the days of grace. */
export function missedAt({ due }: Instalment): string {
  return endOfDay(daysAfter(due, policy.graceDays));
}

/** The data of `case.completed`. Savings are those the analysis expected, and only of a resolved case. */
export function completion(
  caseId: string,
  outcome: Outcome,
  analysis: Analysis | undefined,
  openedAt: string,
  at: string,
): DataOf<"case.completed"> {
  const seconds = Math.max(0, (Date.parse(at) - Date.parse(openedAt)) / 1000);
  return {
    case_id: caseId,
    outcome,
    duration_seconds: seconds,
    total_savings: outcome === "resolved" ? analysis?.estimated_savings ?? cents(0) : cents(0),
  };
}
