/** The figures of a case that the rules and their texts rest on. @module */
import type { DataOf } from "../../../schema/events.ts";
import { type Capacity, instalmentsAllowed, longestTerm, repaymentCapacity } from "./capacity.ts";
import { valueOn } from "../law/parameters.ts";
import { divide, type PaymentPlan, type PlanBounds, planPayments } from "./payment_plan.ts";
import { debtClass, mayBeForgiven } from "../rules/debt_classes.ts";
import type { DecisionFacts } from "../rules/decision_table.ts";
import { collectionCost } from "../law/legal_parameters.ts";
import { policy } from "../rules/policy.ts";

type Intake = DataOf<"case.intake">;

/** The figures that the rules use; amounts in cents. */
export interface CaseFigures {
  readonly day: string;
  /** Absent when the income is not known. */
  readonly capacity?: Capacity;
  /** Longest term of a plan, months. */
  readonly months: number;
  /** Mean cost of collecting one claim. */
  readonly cost: number;
  readonly threatening: boolean;
}

/** Works the figures of a case out for a Dutch day. */
export function figuresOf(intake: Intake, day: string): CaseFigures {
  const { monthly_income: income, household, threats } = intake.profile ?? {};
  return {
    day,
    ...(income === undefined ? {} : { capacity: repaymentCapacity(income, household, day) }),
    months: longestTerm(intake.debt_type, day),
    cost: valueOn(collectionCost, day),
    threatening: (threats?.length ?? 0) > 0 || intake.priority === "urgent",
  };
}

/** The figures as the decision table asks for them. */
export function decisionFacts(
  intake: Intake,
  figures: CaseFigures,
  advice: DecisionFacts["advice"],
): DecisionFacts {
  return {
    threat: threatOf(intake),
    claim: intake.debt_amount <= figures.cost ? "below_costs" : "ordinary",
    // A claim of zero may always be closed.
    forgivable: mayBeForgiven(intake.debt_type) || intake.debt_amount === 0 ? "yes" : "no",
    remission: remissionOf(intake),
    debts: debtsOf(intake),
    ability: abilityOf(intake.debt_amount, figures),
    instalments: instalmentsAllowed(intake, figures.day) ? "allowed" : "not_allowed",
    advice,
  };
}

/** An urgent case without a stated threat is treated as one: the mistake that does no harm. */
function threatOf({ profile, priority }: Intake): DecisionFacts["threat"] {
  if ((profile?.threats?.length ?? 0) > 0) return "stated";
  return priority === "urgent" ? "urgent" : "none";
}

/** Social assistance is at the norm by definition; other incomes are not compared, the norm's amounts being a gap. */
function remissionOf({ debt_type, profile }: Intake): DecisionFacts["remission"] {
  return debtClass(debt_type) === "local_levy" && profile?.income_source === "bijstand" ? "eligible" : "no";
}

function debtsOf({ profile }: Intake): DecisionFacts["debts"] {
  const { total_debt: total, monthly_income: income } = profile ?? {};
  if (total === undefined || income === undefined) return "unknown";
  return total > income * policy.problematicIncomes ? "problematic" : "manageable";
}

function abilityOf(claim: number, { capacity, months }: CaseFigures): DecisionFacts["ability"] {
  if (!capacity) return "unknown";
  if (claim <= capacity.cents) return "at_once";
  return claim <= capacity.cents * months ? "within" : "beyond";
}

/** The plan for a claim, or undefined where none fits. */
export function planFor(intake: Intake, figures: CaseFigures): PaymentPlan | undefined {
  return planPayments(intake.debt_amount, boundsOf(figures), figures.day);
}

/** Number and size (cents) of the instalments of that plan; none where no plan fits. */
export function instalmentsFor(intake: Intake, figures: CaseFigures): { each: number; count: number } {
  return divide(intake.debt_amount, boundsOf(figures)) ?? { each: 0, count: 0 };
}

function boundsOf({ capacity, months }: CaseFigures): PlanBounds {
  const known = capacity ? { capacity: capacity.cents } : {};
  return { ...known, months, instalmentMin: policy.instalmentMin };
}
