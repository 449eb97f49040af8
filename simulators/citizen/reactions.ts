/**
 * How the simulated citizen reacts to a payment plan, a referral or a claim that is collected, by the outcome shares of
 * the domain data. Pure: the same event and seed give the same reactions with the same ids, so they can be computed
 * again at any time, and appending one twice does no harm.
 * @module
 */
import { policy } from "../../actors/reasoning/rules/policy.ts";
import { msnpMonths } from "../../actors/reasoning/law/legal_parameters.ts";
import { valueOn } from "../../actors/reasoning/law/parameters.ts";
import { assistanceTerms, collectionTerm, planTerm } from "../../actors/reasoning/law/terms.ts";
import { addMonths, dutchDay, endOfDay } from "../../actors/reasoning/law/working_days.ts";
import type { EventType, WireEvent } from "../../schema/events.ts";
import { caseworkerReactions } from "./caseworker.ts";
import { CitizenLife, type CitizenReaction } from "./life.ts";
import { citizenAssumptions as assumed } from "./assumptions.ts";
import debtDomain from "../cases/data/debt_domain.json" with { type: "json" };

/** The types of events that a citizen or a caseworker reacts to. */
export const triggerEventTypes = [
  "case.payment_plan_created",
  "case.decision",
  "case.review_requested",
] as const;

/** The types of the reactions. */
export const reactionEventTypes = [
  "case.payment_received",
  "case.withdrawn",
  "case.assistance_accepted",
  "case.decision_proposed",
  "case.decision",
  "case.completed",
] as const satisfies readonly EventType[];

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const meanDaysToMeeting = debtDomain.durations.application_to_first_meeting_days_mean.value;

/** The reactions to an event, in order of time; none for most events. */
export function reactionsTo(event: WireEvent, seed: string | number): CitizenReaction[] {
  const citizen = new CitizenLife(event, seed);
  switch (event.event_type) {
    case "case.payment_plan_created":
      return payPlan(citizen);
    case "case.review_requested":
      return caseworkerReactions(citizen);
    case "case.decision":
      if (event.data.decision === "refer_assistance") return takeAssistance(citizen);
      return event.data.decision === "collect" ? payClaim(citizen) : [];
    default:
      return [];
  }
}

interface Instalment {
  readonly due: string;
  /** Euros. */
  readonly amount: number;
}

function payPlan(citizen: CitizenLife): CitizenReaction[] {
  const instalments = citizen.cause.data.instalments as Instalment[];
  const outcome = citizen.outcome("payment_plan");
  if (outcome === "resolved") return payAll(citizen, instalments);
  const paid = instalments.slice(0, citizen.random.below(instalments.length))
    .map((instalment, i) => payInTime(citizen, instalment, i));
  if (outcome === "escalated") return paid;
  const last = paid.length === 0 ? citizen.start : Date.parse(paid.at(-1)!.at);
  return [
    ...paid,
    citizen.withdrawal(citizen.between(last, Date.parse(instalments[paid.length]!.due) + DAY_MS)),
  ];
}

/** Every instalment is paid; in some plans one of them a month late, together with the next. */
function payAll(citizen: CitizenLife, instalments: readonly Instalment[]): CitizenReaction[] {
  const slips = instalments.length > 1 && citizen.random.chance(assumed.missed_once.value);
  const late = slips ? citizen.random.below(instalments.length - 1) : -1;
  return instalments.flatMap((instalment, i) => {
    if (i === late) return [];
    const arrears = i === late + 1 && late >= 0 ? instalments[late]!.amount : 0;
    const amount = Math.round((instalment.amount + arrears) * 100) / 100;
    return [payInTime(citizen, { ...instalment, amount }, i)];
  });
}

/** Around the due date, before it counts as missed. */
function payInTime(citizen: CitizenLife, { due, amount }: Instalment, i: number): CitizenReaction {
  const dueAt = Date.parse(due) + 12 * HOUR_MS;
  const time = citizen.random.chance(assumed.paid_late.value)
    ? citizen.between(dueAt + DAY_MS, dueAt + (policy.graceDays - 1) * DAY_MS)
    : citizen.between(Math.max(citizen.start, dueAt - assumed.paid_early_days.value * DAY_MS), dueAt);
  return citizen.payment(i + 1, time, amount);
}

function takeAssistance(citizen: CitizenLife): CitizenReaction[] {
  const [meetBy, planByThen] = assistanceEnds(citizen);
  const meetAt = meetingTime(citizen, meetBy);
  const planBy = Math.min(
    planByThen,
    Date.parse(planTerm(dutchDay(new Date(meetAt).toISOString())).expires_at),
  );
  const meeting = citizen.acceptance("first_meeting", meetAt);
  const outcome = citizen.outcome("refer_assistance");
  if (outcome === "resolved") {
    const planAt = citizen.between(meetAt + DAY_MS, planBy - HOUR_MS);
    return [
      meeting,
      citizen.acceptance("plan", planAt),
      citizen.acceptance("plan_paid", endOfDebtPlan(planAt)),
    ];
  }
  const met = citizen.random.chance(assumed.meets_before_leaving.value) ? [meeting] : [];
  if (outcome === "escalated") {
    return [...met, citizen.endOfAssistance(Math.max(meetAt + HOUR_MS, assistanceEnd(citizen, planBy)))];
  }
  const [from, until] = met.length > 0 ? [meetAt, planBy] : [citizen.start, meetBy];
  return [...met, citizen.withdrawal(citizen.between(from + 1, until - HOUR_MS))];
}

/** The plan runs as long as a scheme with discharge. */
function endOfDebtPlan(planAt: number): number {
  const day = dutchDay(new Date(planAt).toISOString());
  return Date.parse(endOfDay(addMonths(day, valueOn(msnpMonths, day))));
}

/** Around the term for a decision on a plan: a municipality that is late goes beyond it. */
function assistanceEnd(citizen: CitizenLife, planBy: number): number {
  const isLate = citizen.random.chance(assumed.municipality_late.value);
  return isLate
    ? citizen.between(planBy + HOUR_MS, planBy + assumed.municipality_late_days.value * DAY_MS)
    : citizen.between(planBy - DAY_MS, planBy - HOUR_MS);
}

/** After an exponential time; where the term is over by then, at any moment within it. */
function meetingTime(citizen: CitizenLife, meetBy: number): number {
  const time = Math.floor(
    citizen.start + HOUR_MS + citizen.random.exponential() * meanDaysToMeeting * DAY_MS,
  );
  return time < meetBy - HOUR_MS ? time : citizen.between(citizen.start + HOUR_MS, meetBy - HOUR_MS);
}

/** The ends of the terms for the first meeting and for the plan: those of the decision, or else those of the law. */
function assistanceEnds({ cause }: CitizenLife): [number, number] {
  const lawful = assistanceTerms(dutchDay(cause.timestamp), false);
  return [endOf(cause, "first_meeting", lawful[0]!.due), endOf(cause, "decision_on_plan", lawful[1]!.due)];
}

function endOf({ data }: WireEvent, name: string, otherwise: string): number {
  const terms = Array.isArray(data.terms) ? data.terms as { name: string; due: string }[] : [];
  return Date.parse(endOfDay(terms.find((term) => term.name === name)?.due ?? otherwise));
}

function payClaim(citizen: CitizenLife): CitizenReaction[] {
  const amount = Number(citizen.cause.data.debt_amount);
  const until =
    endOf(citizen.cause, "payment", collectionTerm(dutchDay(citizen.cause.timestamp), "private").due) -
    HOUR_MS;
  const outcome = citizen.outcome("collect");
  if (outcome === "withdrawn") return [citizen.withdrawal(citizen.between(citizen.start + HOUR_MS, until))];
  if (!(amount > 0)) return [];
  const time = citizen.between(citizen.start + HOUR_MS, until);
  if (outcome === "escalated") {
    return amount >= 1 && citizen.random.chance(assumed.pays_a_part.value)
      ? [citizen.payment(1, time, half(amount))]
      : [];
  }
  if (amount < 1 || !citizen.random.chance(assumed.pays_in_two.value)) {
    return [citizen.payment(1, time, amount)];
  }
  const rest = Math.round((amount - half(amount)) * 100) / 100;
  return [citizen.payment(1, time, half(amount)), citizen.payment(2, citizen.between(time, until), rest)];
}

/** Half an amount in euros, in whole cents, and less than all of it. */
function half(amount: number): number {
  return Math.floor(amount * 50) / 100;
}
