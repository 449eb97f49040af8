/**
 * Room to repay by the rules of the day, and the part of it that is one creditor's.
 *
 * The room follows the idea of the vtlb: what is above the amount that a household keeps, and nothing where there is
 * nothing above it. The vtlb itself also counts rent, care and children's costs, which an intake does not have; the highest
 * beslagvrije voet of the household stands for it, which protects more than the formula for low and middle incomes does.
 * @module
 */
import type { DataOf, Profile } from "../../../schema/events.ts";
import { beslagvrijeVoetMax, protectedAs } from "../law/income_parameters.ts";
import { amountOn, MissingValue, valueOn } from "../law/parameters.ts";
import { debtClass } from "../rules/debt_classes.ts";
import { arrangementMonths, ordinaryMonths, wahvInstalmentsFrom } from "../law/legal_parameters.ts";
import type { UsedFigure } from "./used_figures.ts";

type Intake = DataOf<"case.intake">;

/** Room to repay a month, in cents, with the figure it rests on. */
export interface Capacity {
  readonly cents: number;
  /** The room by the last published figure; more than `cents` where that has expired and was raised. */
  readonly published: number;
  readonly figure: UsedFigure;
}

/** Room to repay from a net monthly income (cents); undefined for a day before the first known beslagvrije voet. */
export function repaymentCapacity(
  income: number,
  household: Profile["household"],
  day: string,
): Capacity | undefined {
  const parameter = beslagvrijeVoetMax[protectedAs(household)];
  try {
    const { cents, published, from, certainty, raised } = amountOn(parameter, day);
    return {
      cents: Math.max(0, income - cents),
      published: Math.max(0, income - published),
      figure: { id: parameter.id, from, certainty, ...(raised === 0 ? {} : { raised }) },
    };
  } catch (error) {
    if (error instanceof MissingValue) return undefined;
    throw error;
  }
}

/** What is known of the other debts of the person beside this claim. */
type OtherDebts = "none" | "some" | "unknown";

/** Whether there are other debts: by their total, or else by the number of creditors. */
export function otherDebts({ debt_amount: claim, profile }: Intake): OtherDebts {
  const { total_debt: total, creditors } = profile ?? {};
  if (total !== undefined) return total > claim ? "some" : "none";
  if (creditors === undefined) return "unknown";
  return creditors <= 1 ? "none" : "unknown";
}

/** All debts of the person, in cents; undefined when not known. */
export function totalDebt(intake: Intake): number | undefined {
  const others = otherDebts(intake);
  if (others === "unknown") return undefined;
  return others === "none" ? intake.debt_amount : intake.profile!.total_debt!;
}

/** The part of a room that is for this claim: in proportion to all debts. The whole where no other debts are known. */
export function shareOfRoom(room: number, intake: Intake): number {
  const claim = intake.debt_amount, total = totalDebt(intake) ?? claim;
  if (total <= claim) return room;
  // Whole numbers: a share that is rounded up by a floating point product is a cent too much.
  if (room * claim <= Number.MAX_SAFE_INTEGER) return Math.floor(room * claim / total);
  return Number(BigInt(room) * BigInt(claim) / BigInt(total));
}

/** Longest term of an ordinary payment plan in months, or the creditor's standard arrangement when shorter. */
export function longestTerm(debtType: string, day: string): number {
  const longest = valueOn(ordinaryMonths, day);
  const standard = valueOn(arrangementMonths, day);
  if (debtClass(debtType) === "national_tax") return Math.min(longest, standard.tax);
  // The class also holds claims of UWV, SVB and social assistance, for which no standard was found.
  return debtType.includes("toeslag") ? Math.min(longest, standard.toeslagen) : longest;
}

/** Whether the law lets a claim be paid in instalments: a traffic fine only from a certain amount. */
export function instalmentsAllowed(intake: Intake, day: string): boolean {
  if (debtClass(intake.debt_type) !== "fine") return true;
  const from = valueOn(wahvInstalmentsFrom, day);
  return from !== null && intake.debt_amount >= from;
}
