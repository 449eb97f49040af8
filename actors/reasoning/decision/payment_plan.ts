/** Payment plans: instalments within the room to repay, exact to the cent. @module */
import { addMonths } from "../law/working_days.ts";

/** One payment. */
export interface Instalment {
  /** ISO date it is due. */
  readonly due: string;
  /** Cents. */
  readonly amount: number;
}

/** A plan. The amounts of its instalments add up to `amount`, to the cent. */
export interface PaymentPlan {
  /** Cents. */
  readonly amount: number;
  readonly months: number;
  readonly instalments: readonly Instalment[];
  /** Room to repay a month in cents; absent when the income is not known, and the plan an offer to be checked. */
  readonly capacity?: number;
  /** The part of that room that is for this claim; with the capacity. */
  readonly share?: number;
}

/** What a plan must keep to. */
export interface PlanBounds {
  /** The part of the room to repay that is for this claim, cents a month; absent when not known. */
  readonly share?: number;
  readonly months: number;
  /** Smallest instalment worth a payment, in cents. */
  readonly instalmentMin: number;
}

/**
 * Divides an amount over monthly instalments. With a known share of the room to repay: as short as it allows, evenly.
 * Without: over the whole term. The last instalment takes the rest and is never the largest. The first is due a month
 * after `day`. None where the amount does not fit the share.
 */
export function planPayments(amount: number, bounds: PlanBounds, day: string): PaymentPlan | undefined {
  const divided = divide(amount, bounds);
  if (divided === undefined) return undefined;
  const { each, count } = divided;
  const instalments = Array.from({ length: count }, (_, i) => ({
    due: addMonths(day, i + 1),
    amount: i < count - 1 ? each : amount - each * (count - 1),
  }));
  const { share } = bounds;
  return { amount, months: count, instalments, ...(share === undefined ? {} : { share }) };
}

/** How many instalments there are, and the regular one in cents, without their days; none where no plan fits. */
export function divide(amount: number, bounds: PlanBounds): { each: number; count: number } | undefined {
  const { share = Infinity, months } = bounds;
  if (amount > share * months) return undefined;
  const each = instalmentOf(amount, bounds);
  return { each, count: Math.ceil(amount / each) };
}

/** The regular instalment in cents. */
function instalmentOf(amount: number, { share, months, instalmentMin }: PlanBounds): number {
  if (share === undefined) return Math.max(Math.ceil(amount / months), instalmentMin);
  const count = Math.max(1, Math.ceil(amount / Math.max(1, share)));
  return Math.min(share, Math.max(Math.ceil(amount / count), instalmentMin)) || 1;
}
