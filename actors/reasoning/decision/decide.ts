/** The decision on a case by the rules of its day, and who takes it. @module */
import { passesElevenTest } from "../../../schema/bsn.ts";
import type { DataOf } from "../../../schema/events.ts";
import { asPublished, type CaseFigures, decisionFacts, figuresOf } from "./case_figures.ts";
import { fillCitizenText, fillTexts, type TextFacts } from "./case_texts.ts";
import { findValue, firstDayOf } from "../law/parameters.ts";
import type { Match } from "../rules/rule_engine.ts";
import { debtClass, followsWik } from "../rules/debt_classes.ts";
import { type CaseAction, type DecisionFacts, decisionRules } from "../rules/decision_table.ts";
import { cakSignal, duoTransfer } from "../law/legal_parameters.ts";
import { type StepFacts, stepRules } from "../rules/next_steps_table.ts";
import { isSampled, oversightRules, type PersonAsked } from "../rules/oversight.ts";
import { demonstrationMandate, mandateFor } from "../rules/mandates.ts";
import { policy, type SystemMandate } from "../rules/policy.ts";
import { type ReviewFacts, reviewRules } from "../rules/review_table.ts";
import { datesOf, reviewTerm, termsOf } from "../law/terms.ts";
import { dutchDay } from "../law/working_days.ts";
import { decisionText, reviewText } from "../../texts/citizen_texts.ts";
import { dutchDate } from "./wording.ts";

type Intake = DataOf<"case.intake">;

/**
 * The system decides: the data of a `case.decision`, with `reason_nl` and `next_steps_nl`, the text for the citizen, `rules`,
 * `terms` and the version of the policy. The model is left out, as the analysis that caused it has it.
 */
export interface Decision {
  readonly kind: "decision";
  readonly data: DataOf<"case.decision">;
}

/**
 * A person decides: the data of a `case.review_requested`. It has what the rules would have decided (`proposed`,
 * `reason`) for the caseworker to judge, and the rules of the proposal with those that ask for a person.
 */
export interface WaitsForCaseworker {
  readonly kind: "caseworker";
  readonly data: DataOf<"case.review_requested">;
}

/**
 * Decides on a case. Rules and figures are those of the Dutch day on which the intake happened (`at`); the terms that start
 * count from the moment of the decision (`now`). Same input, same output.
 */
export function decide(
  intake: Intake,
  analysis: DataOf<"case.analysis">,
  at: string,
  { now = at, asked, isSimulated = false }: Circumstances = {},
): Decision | WaitsForCaseworker {
  const figures = figuresOf(intake, dutchDay(at));
  const facts = decisionFacts(intake, figures, analysis.recommended_action);
  const match = decisionRules.match(facts, figures.day);
  const known = { intake, analysis, figures, terms: [], today: dutchDay(now) };
  const { then } = match.rows[0]!;
  const mandate = mandateFor(then, intake.debt_amount, isSimulated, known.today);
  const overseen = oversightRules.match({
    asked: asked ?? "nothing",
    decision: then,
    mandate: mandate === undefined ? "none" : "held",
    claim: intake.debt_amount === 0 ? "none" : "some",
    // Help against a threat is not held up to be looked at.
    sample: isSampled(intake.case_id) && !figures.threatening ? "in" : "out",
  }, figures.day);
  const review = reviewRules.match(reviewFacts(known, facts, then), figures.day);
  if (review.rows.length > 0 || overseen.rows.length > 0) return waits(known, match, both(review, overseen));
  return decided(known, facts, match, isSimulated ? demonstrationMandate : mandate);
}

function both<T>(one: Match<T>, other: Match<T>): Match<T> {
  return { ...one, rows: [...one.rows, ...other.rows], applied: [...one.applied, ...other.applied] };
}

/** What is known beside the intake. */
interface Circumstances {
  /** The moment of the decision; default: that of the intake. */
  readonly now?: string;
  /** What a person was asked for. */
  readonly asked?: PersonAsked | undefined;
  /** The runtime generated the case itself. */
  readonly isSimulated?: boolean;
}

/** What the texts are filled in from, and the Dutch day of the decision. */
type DecidedFacts = TextFacts & { readonly today: string };

function waits(known: DecidedFacts, match: Match<CaseAction>, review: Match<unknown>): WaitsForCaseworker {
  const row = match.rows[0]!;
  const { intake, figures, today } = known;
  const term = datesOf(reviewTerm(today, figures.threatening));
  return {
    kind: "caseworker",
    data: {
      case_id: intake.case_id,
      asked_of: "caseworker",
      debt_amount: intake.debt_amount,
      reasons: review.rows.map((reason) => ({ code: reason.id, ...fillTexts(reason, known) })),
      proposed: row.then,
      law_on: figures.day,
      ...fillTexts(row, known),
      citizen_text: reviewText(review.rows.map(({ id }) => id), dutchDate(term.due)),
      rules: [...match.applied, ...review.applied],
      ...(figures.used.length === 0 ? {} : { figures: [...figures.used] }),
      term,
    },
  };
}

function decided(
  beforeTerms: DecidedFacts,
  facts: DecisionFacts,
  match: Match<CaseAction>,
  mandate: SystemMandate | undefined,
): Decision {
  const row = match.rows[0]!;
  const { intake, figures, today } = beforeTerms;
  const terms = termsOf(row.then, today, figures.threatening, debtClass(intake.debt_type));
  const known = { ...beforeTerms, terms };
  const step = stepRules.match(stepFacts(known, facts, row.then), figures.day);
  const steps = step.rows.map((each) => fillTexts(each, known));
  return {
    kind: "decision",
    data: {
      case_id: intake.case_id,
      decision: row.then,
      decided_by: "system",
      law_on: figures.day,
      debt_amount: intake.debt_amount,
      ...fillTexts(row, known),
      citizen_text: fillCitizenText(decisionText(row.id, row.then), known),
      next_steps: steps.map(({ reason }) => reason),
      next_steps_nl: steps.map(({ reason_nl }) => reason_nl),
      // What rests on a law in the steps is their terms, and those name it.
      rules: [...match.applied, ...step.applied.map(({ id, version }) => ({ id, version }))],
      policy_version: policy.version,
      ...(mandate === undefined ? {} : { mandate: mandate.name }),
      ...(terms.length === 0 ? {} : { terms: terms.map(({ name, due, source }) => ({ name, due, source })) }),
      ...(figures.used.length === 0 ? {} : { figures: [...figures.used] }),
    },
  };
}

function reviewFacts(
  { intake, analysis, figures }: TextFacts,
  facts: DecisionFacts,
  decision: CaseAction,
): ReviewFacts {
  const { debts, ability, advice } = facts;
  return {
    decision,
    confidence: confidenceBand(analysis.analysis_confidence),
    success: analysis.success_probability < policy.lowSuccess ? "low" : "fair",
    identity: passesElevenTest(intake.citizen_bsn) ? "plausible" : "failed",
    figures: contradicts(intake) ? "contradictory" : "consistent",
    law: figures.missing ? "missing" : "known",
    margin: marginOf(intake, figures, facts, decision),
    forgiven: forgivenBand(intake.debt_amount),
    debts,
    others: hasOtherDebts(intake) ? "some" : "none",
    ability,
    instalment: intake.debt_amount > policy.unverifiedInstalmentMax * figures.months ? "large" : "small",
    advice,
  };
}

/** By their total, or by the number of creditors; where neither is known, none are known. */
function hasOtherDebts({ debt_amount: claim, profile }: Intake): boolean {
  const { total_debt: total = 0, creditors = 0 } = profile ?? {};
  return total > claim || creditors > 1;
}

/** A claim above all debts together, or several creditors that are owed no more than this one claim. */
function contradicts({ debt_amount: claim, profile }: Intake): boolean {
  const { total_debt: total, creditors = 1 } = profile ?? {};
  return total !== undefined && (claim > total || (creditors > 1 && claim === total && claim > 0));
}

function forgivenBand(claim: number): ReviewFacts["forgiven"] {
  if (claim === 0) return "nothing";
  return claim > policy.forgiveMax ? "over" : "within";
}

/**
 * A raised amount protects more of the income. That changes a decision against the citizen where it takes an arrangement
 * away; where it turns collecting into an arrangement it does not.
 */
function marginOf(
  intake: Intake,
  figures: CaseFigures,
  { advice }: DecisionFacts,
  decision: CaseAction,
): ReviewFacts["margin"] {
  if (decision !== "refer_assistance" || figures.threatening) return "none";
  const published = asPublished(intake, figures);
  if (published === undefined) return "none";
  const match = decisionRules.match(decisionFacts(intake, published, advice), figures.day);
  return match.rows[0]!.then === decision ? "none" : "decides";
}

function confidenceBand(confidence: number): ReviewFacts["confidence"] {
  if (confidence < policy.lowConfidence) return "low";
  return confidence < policy.highConfidence ? "fair" : "high";
}

function stepFacts({ intake, figures }: TextFacts, facts: DecisionFacts, decision: CaseAction): StepFacts {
  return {
    decision,
    kind: debtClass(intake.debt_type),
    threat: facts.threat === "none" ? "no" : "yes",
    income: figures.capacity ? "known" : "unknown",
    threshold: thresholdOf(intake, figures.day),
    costs: followsWik(intake.debt_type) ? "wik" : "other",
    size: intake.debt_amount <= figures.cost ? "below_costs" : "ordinary",
  };
}

/** A threshold of DUO or the CAK; before 2024 the CAK's is not known, and there is none. */
function thresholdOf({ debt_type: type, debt_amount: claim }: Intake, day: string): StepFacts["threshold"] {
  if (type === "studieschuld") return claim < findValue(duoTransfer, day).value.amount ? "below" : "reached";
  if (type !== "cak_eigen_bijdrage" || day < firstDayOf(cakSignal)) return "none";
  return claim < findValue(cakSignal, day).value.amount ? "below" : "reached";
}
