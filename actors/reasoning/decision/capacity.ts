/**
 * Room to repay by the rules of the day, and the part of it that is one creditor's.
 *
 * The room follows the idea of the vtlb: what is above the amount that a household keeps, and nothing where there is
 * nothing above it. The vtlb itself also counts rent, care and children's costs, which an intake does not have; the highest
 * beslagvrije voet of the household stands for it, which protects more than the formula for low and middle incomes does.
 * @module
 */
import type { DataOf, Profile } from "../../../schema/events.ts";
import { beslagvrijeVoetMax, protectedAs, type ProtectedHousehold } from "../law/income_parameters.ts";
import { amountOn, MissingValue, type RaisedAmount } from "../law/parameters.ts";
import { policy } from "../rules/policy.ts";
import type { UsedFigure } from "./law_of_day.ts";

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
  const voet = protectedAmount(protectedAs(household), day);
  return voet && {
    cents: roomOf(income - voet.cents),
    published: roomOf(income - voet.published),
    figure: voet.figure,
  };
}

/** What may be asked for of what is above the protected amount, in whole cents. */
function roomOf(above: number): number {
  return Math.floor(Math.max(0, above) * policy.capacityShare);
}

type ProtectedAmount = Pick<RaisedAmount, "cents" | "published"> & { readonly figure: UsedFigure };

let cachedDay = "";
const cachedAmounts = new Map<string, ProtectedAmount | undefined>();

/** Forgets what was worked out from figures that are no longer in effect. */
export function forgetAmounts(): void {
  cachedDay = "";
}

/** What a household keeps on a day; cached for the day, as most events of a batch are of one. */
function protectedAmount(household: ProtectedHousehold, day: string): ProtectedAmount | undefined {
  if (day !== cachedDay) {
    cachedAmounts.clear();
    cachedDay = day;
  }
  if (!cachedAmounts.has(household)) cachedAmounts.set(household, workedOut(household, day));
  return cachedAmounts.get(household);
}

function workedOut(household: ProtectedHousehold, day: string): ProtectedAmount | undefined {
  const parameter = beslagvrijeVoetMax[household];
  try {
    const { cents, published, from, certainty, raised } = amountOn(parameter, day);
    return {
      cents,
      published,
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
