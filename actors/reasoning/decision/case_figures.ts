/** The figures of a case that the rules and their texts rest on. @module */
import type { DataOf } from "../../../schema/events.ts";
import { type Capacity, otherDebts, repaymentCapacity, shareOfRoom, totalDebt } from "./capacity.ts";
import { lawOfDay, type UsedFigure } from "./law_of_day.ts";
import { amountOn, firstDayOf } from "../law/parameters.ts";
import { divide, type PaymentPlan, type PlanBounds, planPayments } from "./payment_plan.ts";
import { mayBeForgiven } from "../rules/debt_classes.ts";
import type { DecisionFacts } from "../rules/decision_table.ts";
import { assistanceNorm } from "../law/income_parameters.ts";
import { policy } from "../rules/policy.ts";

type Intake = DataOf<"case.intake">;

/** The figures that the rules use; amounts in cents. */
export interface CaseFigures {
  readonly day: string;
  /** Absent when the income, or what of it is protected on this day, is not known. */
  readonly capacity?: Capacity;
  /** The part of the room a month that is for this claim; absent with the capacity. */
  readonly share?: number;
  /** Longest term of a plan, months. */
  readonly months: number;
  /** Months within which all debts must be payable, or they are problematic. */
  readonly problematicMonths: number;
  /** Whether the law lets the claim be paid in instalments: a traffic fine only from a certain amount. */
  readonly inInstalments: boolean;
  /** Mean cost of collecting one claim. */
  readonly cost: number;
  readonly threatening: boolean;
  /** Dated figures that the decision rests on: the protected income, and of the others what is less than quoted. */
  readonly used: readonly UsedFigure[];
  /** True when a figure is not known for this day, so that a person must look it up. */
  readonly missing: boolean;
}

/** Works the figures of a case out for a Dutch day. */
export function figuresOf(intake: Intake, day: string): CaseFigures {
  const { monthly_income: income, household, threats } = intake.profile ?? {};
  const capacity = income === undefined ? undefined : repaymentCapacity(income, household, day);
  const { months, problematicMonths, instalmentsFrom, cost, unsure, missing } = lawOfDay(
    intake.debt_type,
    day,
  );
  return {
    day,
    ...(capacity === undefined ? {} : { capacity, share: shareOfRoom(capacity.cents, intake) }),
    months: capacity === undefined ? Math.min(months, policy.unverifiedMonths) : months,
    problematicMonths,
    inInstalments: instalmentsFrom !== null && intake.debt_amount >= instalmentsFrom,
    cost,
    threatening: (threats?.length ?? 0) > 0 || intake.priority === "urgent",
    used: capacity === undefined ? unsure : [capacity.figure, ...unsure],
    missing: missing || (income !== undefined && capacity === undefined),
  };
}

/** The same figures with the last published amounts instead of raised ones; undefined where none was raised. */
export function asPublished(intake: Intake, figures: CaseFigures): CaseFigures | undefined {
  const { capacity } = figures;
  if (capacity === undefined || capacity.published === capacity.cents) return undefined;
  const room = { ...capacity, cents: capacity.published };
  return { ...figures, capacity: room, share: shareOfRoom(room.cents, intake) };
}

/** The figures as the decision table asks for them. */
export function decisionFacts(
  intake: Intake,
  figures: CaseFigures,
  advice: DecisionFacts["advice"],
): DecisionFacts {
  const debts = debtsOf(intake, figures);
  return {
    threat: threatOf(intake),
    claim: intake.debt_amount === 0 ? "nothing" : "ordinary",
    remission: remissionOf(intake, debts, figures.day),
    debts,
    ability: abilityOf(intake.debt_amount, figures),
    instalments: figures.inInstalments ? "allowed" : "not_allowed",
    advice,
  };
}

/** An urgent case without a stated threat is treated as one: the mistake that does no harm. */
function threatOf({ profile, priority }: Intake): DecisionFacts["threat"] {
  if ((profile?.threats?.length ?? 0) > 0) return "stated";
  return priority === "urgent" ? "urgent" : "none";
}

/** A municipal levy of somebody at assistance level; beside other debts that are problematic the person goes first. */
function remissionOf(intake: Intake, debts: DecisionFacts["debts"], day: string): DecisionFacts["remission"] {
  if (!mayBeForgiven(intake.debt_type) || !atAssistanceLevel(intake, day)) return "no";
  return debts === "problematic" && otherDebts(intake) === "some" ? "no" : "eligible";
}

/** Social assistance is at the norm by definition; an income that is stated must not contradict it. */
function atAssistanceLevel({ profile }: Intake, day: string): boolean {
  const { income_source, monthly_income: income, household } = profile ?? {};
  if (income_source !== "bijstand") return false;
  const norm = assistanceNorm[household?.startsWith("paar_") ? "couple" : "single"];
  const known = firstDayOf(norm) <= day;
  return income === undefined || !known || income <= amountOn(norm, day).cents;
}

/** Problematic: not payable from the room to repay within the longest ordinary arrangement. */
function debtsOf(intake: Intake, { capacity, problematicMonths }: CaseFigures): DecisionFacts["debts"] {
  const total = totalDebt(intake);
  if (total === undefined || capacity === undefined) return "unknown";
  return total > capacity.cents * problematicMonths ? "problematic" : "manageable";
}

function abilityOf(claim: number, { share, months }: CaseFigures): DecisionFacts["ability"] {
  if (share === undefined) return "unknown";
  if (claim <= share) return "at_once";
  return claim <= share * months ? "within" : "beyond";
}

/** The plan for a claim that begins on a Dutch day, or undefined where none fits. */
export function planFor(intake: Intake, figures: CaseFigures, begins: string): PaymentPlan | undefined {
  const plan = planPayments(intake.debt_amount, boundsOf(figures), begins);
  const { capacity } = figures;
  return plan && capacity ? { ...plan, capacity: capacity.cents } : plan;
}

/** Number and size (cents) of the instalments of that plan; none where no plan fits. */
export function instalmentsFor(intake: Intake, figures: CaseFigures): { each: number; count: number } {
  return divide(intake.debt_amount, boundsOf(figures)) ?? { each: 0, count: 0 };
}

function boundsOf({ share, months }: CaseFigures): PlanBounds {
  return { ...(share === undefined ? {} : { share }), months, instalmentMin: policy.instalmentMin };
}
