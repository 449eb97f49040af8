/** Terms that run for a case, as dates by the calendar of the law. @module */
import type { DataOf } from "../../../schema/events.ts";
import { valueOn } from "./parameters.ts";
import type { Source } from "./source.ts";
import {
  decisionWeeks,
  firstMeetingWeeks,
  msnpMonths,
  threateningWorkingDays,
  WAHV_23,
  wahvReminderWeeks,
  WGS_4,
  WGS_4A,
} from "./legal_parameters.ts";
import type { DebtClass } from "../rules/debt_classes.ts";
import type { CaseAction } from "../rules/decision_table.ts";
import { DEBT_PLAN, OFFER_FIRST, policy } from "../rules/policy.ts";
import { addMonths, addWorkingDays, daysAfter, endOfDay, endOfTerm } from "./working_days.ts";

export type TermName = Exclude<DataOf<"case.term_expired">["term"], "instalment">;

/** A term: when it has passed, something must have happened. */
export interface Term {
  readonly name: TermName;
  /** Last day, ISO date (Dutch calendar). */
  readonly due: string;
  /** The instant after which it has passed, ISO: for a timer. */
  readonly expires_at: string;
  readonly source: string;
}

/** What an event keeps of a term that must expire: its days. */
export function datesOf({ name, due, expires_at }: Term): Pick<Term, "name" | "due" | "expires_at"> {
  return { name, due, expires_at };
}

/** A term that ends with a Dutch day. */
function term(name: TermName, due: string, source: Source): Term {
  return { name, due, expires_at: endOfDay(due), source: source.law };
}

/**
 * Terms of debt assistance from the day of referral: the first meeting, and the decision, which counts from the last day
 * for that meeting until it has taken place.
 */
export function assistanceTerms(day: string, threatening: boolean): readonly Term[] {
  const key = `${day}/${threatening}`;
  const known = assistanceByDay.get(key);
  if (known) return known;
  if (assistanceByDay.size >= MOST_CACHED) assistanceByDay.clear();
  const terms = workedOutTerms(day, threatening);
  assistanceByDay.set(key, terms);
  return terms;
}

/** As many days as a batch of events may be spread over; beyond that the cache starts anew. */
const MOST_CACHED = 256;
const assistanceByDay = new Map<string, readonly Term[]>();

/** Forgets what was worked out from figures that are no longer in effect. */
export function forgetTerms(): void {
  assistanceByDay.clear();
}

function workedOutTerms(day: string, threatening: boolean): readonly Term[] {
  const meeting = threatening
    ? addWorkingDays(day, valueOn(threateningWorkingDays, day))
    : endOfTerm(day, valueOn(firstMeetingWeeks, day) * 7);
  return [term("first_meeting", meeting, WGS_4), planTerm(meeting)];
}

/** Term for the decision on a plan or a refusal, from the day of the first meeting (Wgs 4a). */
export function planTerm(meeting: string): Term {
  return term("decision_on_plan", endOfTerm(meeting, valueOn(decisionWeeks, meeting) * 7), WGS_4A);
}

/**
 * Term of a plan of debt assistance, from the day it was made: it runs as long as a scheme with discharge, and the days that a
 * payment may be late are left to pass before a person is asked.
 */
export function debtPlanTerm(day: string): Term {
  const due = addMonths(day, valueOn(msnpMonths, day));
  return { ...term("debt_plan", due, DEBT_PLAN), expires_at: endOfDay(daysAfter(due, policy.graceDays)) };
}

/** Term to pay a claim that is collected. */
export function collectionTerm(day: string, kind: DebtClass): Term {
  return kind === "fine"
    ? term("payment", endOfTerm(day, valueOn(wahvReminderWeeks, day) * 7), WAHV_23)
    : term("payment", endOfTerm(day, policy.collectWeeks * 7), OFFER_FIRST);
}

/** Term for a caseworker to decide: three working days where the household is threatened. */
export function reviewTerm(day: string, threatening: boolean): Term {
  return threatening
    ? term("caseworker_review", addWorkingDays(day, valueOn(threateningWorkingDays, day)), WGS_4)
    : term("caseworker_review", endOfTerm(day, policy.reviewWeeks * 7), {
      law: `Policy ${policy.version}: a caseworker decides within ${policy.reviewWeeks} weeks`,
      certainty: "assumption",
    });
}

/** The terms that start with a decision. Those of a payment plan are the days of its instalments. */
export function termsOf(
  decision: CaseAction,
  day: string,
  threatening: boolean,
  kind: DebtClass,
): readonly Term[] {
  switch (decision) {
    case "refer_assistance":
      return assistanceTerms(day, threatening);
    case "collect":
      return [collectionTerm(day, kind)];
    case "payment_plan":
    case "forgive":
      return [];
  }
}
