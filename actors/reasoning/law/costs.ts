/** What collecting may cost a citizen, by the rules of the day. Amounts are cents, halves round up. @module */
import { type Cents, cents } from "../../../schema/money.ts";
import { changesOf, valueOn } from "./parameters.ts";
import {
  consumerInterest,
  kostenwetReminder,
  kostenwetWrit,
  wahvFactors,
  wahvFee,
  wikScale,
} from "./legal_parameters.ts";
import { daysBetween } from "./working_days.ts";

/** Most that may be charged for collecting out of court on a principal without interest (WIK); nothing where none is owed. */
export function wikCosts(principal: Cents, day: string): Cents {
  if (principal === 0) return cents(0);
  const { bands, min, max } = valueOn(wikScale, day);
  let rest: number = principal, costs = 0;
  for (const { width, share } of bands) {
    const part = width === null ? rest : Math.min(rest, width);
    costs += part * share;
    rest -= part;
  }
  return cents(Math.min(max, Math.max(min, Math.round(costs))));
}

/** A traffic fine after 0, 1 or 2 increases, with the administration fee (Wahv). */
export function wahvAmount(fine: Cents, increases: 0 | 1 | 2, day: string): Cents {
  return cents(Math.round(fine * valueOn(wahvFactors, day)[increases]) + valueOn(wahvFee, day));
}

/** Costs of a reminder of a tax debt (Kostenwet). */
export function taxReminderCosts(debt: Cents, day: string): Cents {
  const { bound, below, from } = valueOn(kostenwetReminder, day);
  return cents(debt < bound ? below : from);
}

/** Costs of a writ (dwangbevel) for a tax debt: a base, and a step for each full €45 above €45 (Kostenwet). */
export function taxWritCosts(debt: Cents, day: string): Cents {
  const { base, step, per, max } = valueOn(kostenwetWrit, day);
  const steps = Math.floor(Math.max(0, debt - per) / per);
  return cents(Math.min(max, base + steps * step));
}

/** Statutory interest on a consumer's debt from one day up to another, each day at the rate of its day (BW 6:119). */
export function statutoryInterest(principal: Cents, from: string, until: string): Cents {
  const days = [
    from.slice(0, 10),
    ...changesOf(consumerInterest).filter((day) => day > from && day < until),
    until.slice(0, 10),
  ];
  let interest = 0;
  for (let i = 1; i < days.length; i++) {
    // Simple interest over 365 days: compounding each year (lid 2) is left out, which errs on the citizen's side.
    interest += principal * valueOn(consumerInterest, days[i - 1]!) * daysBetween(days[i - 1]!, days[i]!) /
      365;
  }
  return cents(Math.round(interest));
}
