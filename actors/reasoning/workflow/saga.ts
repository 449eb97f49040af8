/**
 * A case after its decision: what payments, expired terms, withdrawal and acceptance lead to. Pure: a state, folded
 * from events, and the reaction to the next one. One timer a case: the next thing that can expire.
 * @module
 */
import type { DataOf, EventType } from "../../../schema/events.ts";
import { type Continues, missedAt } from "./follow_up.ts";
import type { PaymentPlan } from "../decision/payment_plan.ts";
import { dutchDate } from "../decision/wording.ts";
import { policy } from "../rules/policy.ts";
import { debtPlanTerm, planTerm, type Term, type TermName } from "../law/terms.ts";
import { dutchDay } from "../law/working_days.ts";
import { momentOf, type Timed } from "../../../schema/time/moment.ts";

/** What a case that runs waits for. Amounts in cents. */
export interface Running {
  readonly state: Continues["state"] | "waiting_for_caseworker" | "in_assistance";
  /** What must be paid in all; 0 when nothing is (assistance). */
  readonly owed: number;
  /** What of that was paid. */
  readonly paid: number;
  /** What can expire, in order: instalments with what must be paid by then, or terms. */
  readonly deadlines: readonly Deadline[];
  /** How many of them have passed. */
  readonly passed: number;
  /** Numbers of the instalments that were missed and not made good since. */
  readonly missed: readonly number[];
}

/** Something that expires. */
export interface Deadline {
  readonly term: TermName | "instalment";
  /** ISO date. */
  readonly due: string;
  /** ISO instant for the timer. */
  readonly expires_at: string;
  /** Sum that must be paid by then, in cents; 0 for a term without payment. */
  readonly paid_by_then: number;
}

/** What happens to a running case: of each event what matters here. */
export type RunningEvent =
  | EventPart<"case.payment_received", "amount">
  | EventPart<"case.payment_missed", "instalment">
  | EventPart<"case.term_expired", "term" | "due">
  | EventPart<"case.assistance_accepted", "stage"> & Timed;

interface EventPart<T extends EventType, K extends keyof DataOf<T>> {
  readonly event_type: T;
  readonly data: Pick<DataOf<T>, K>;
}

/** What must follow. The timer follows from the state after the event: it is set to the next deadline. */
export type SagaAction =
  | { readonly kind: "waits" }
  | { readonly kind: "missed"; readonly instalment: number; readonly due: string }
  | ({ readonly kind: "asks_again" } & TermMissed)
  | { readonly kind: "closes"; readonly outcome: "resolved" | "escalated" };

/** By whom or for what a term was let pass that the team lead is told of; the last two while the case runs on. */
export const termCodes = ["review_term_expired", "municipality_late", "debt_plan_unconfirmed"] as const;

/** Who let a term pass, for the team lead. */
export interface TermMissed {
  readonly code: (typeof termCodes)[number];
  readonly reason: string;
  readonly reason_nl: string;
}

const WAITS: SagaAction = { kind: "waits" };

/** The fields of a plan that matter here, of the plan itself or of its event. */
type AgreedPlan = Pick<PaymentPlan, "amount" | "instalments"> & {
  readonly missed_at?: readonly string[] | undefined;
};

/** A case as it starts to run by its terms or its plan. `owed` is the claim in cents; a plan knows its own. */
export function startRunning(followUp: Continues, owed = 0): Running {
  const { state, plan, missed_at, terms } = followUp;
  if (plan) return startPlan({ ...plan, missed_at });
  const due = state === "in_collection" ? owed : 0;
  return running(state, due, terms.map((term) => deadlineOf(term, due)));
}

/** A case as its plan starts to run; `paid` of it was received before. */
export function startPlan({ amount, instalments, missed_at }: AgreedPlan, paid = 0): Running {
  let sum = 0;
  const deadlines = instalments.map((instalment, i): Deadline => {
    sum += instalment.amount;
    const expires_at = missed_at?.[i] ?? missedAt(instalment);
    return { term: "instalment", due: instalment.due, expires_at, paid_by_then: sum };
  });
  return paidUp(running("in_payment_plan", amount, deadlines, paid));
}

/** A case that waits for a person, with the term for it where there is one. */
export function startWaiting(term?: Pick<Term, "due" | "expires_at"> & { name: Deadline["term"] }): Running {
  return running("waiting_for_caseworker", 0, term ? [deadlineOf(term, 0)] : []);
}

function running(state: Running["state"], owed: number, deadlines: Deadline[], paid = 0): Running {
  return { state, owed, paid, deadlines, passed: 0, missed: [] };
}

function deadlineOf(
  { name, due, expires_at }: Pick<Term, "due" | "expires_at"> & { name: Deadline["term"] },
  paid_by_then: number,
): Deadline {
  return { term: name, due, expires_at, paid_by_then };
}

/** The next thing that can expire: the case's one timer. */
export function nextDeadline(running: Running): Deadline | undefined {
  return running.deadlines[running.passed];
}

/** The state after an event. */
export function foldRunning(running: Running, event: RunningEvent): Running {
  switch (event.event_type) {
    case "case.payment_received":
      return paidUp({ ...running, paid: running.paid + event.data.amount });
    case "case.payment_missed":
      if (running.missed.includes(event.data.instalment)) return running;
      return paidUp({ ...running, missed: [...running.missed, event.data.instalment] });
    case "case.term_expired":
      return expires(running, event.data) ? { ...running, passed: running.passed + 1 } : running;
    case "case.assistance_accepted":
      return assisted(running, event);
  }
}

/** What is paid is no longer awaited, and arrears that are made good are not held against the citizen. */
function paidUp(running: Running): Running {
  const { deadlines, paid } = running;
  const inArrears = (instalment: number) => paid < (deadlines[instalment - 1]?.paid_by_then ?? Infinity);
  let { passed } = running;
  while (deadlines[passed]?.term === "instalment" && !inArrears(passed + 1)) passed++;
  return { ...running, passed, missed: running.missed.filter(inArrears) };
}

/**
 * After the first meeting its term no longer expires, the one for the plan does; once there is a plan, only its own term is
 * left. A plan that is made anew runs anew.
 */
function assisted(running: Running, event: Assisted): Running {
  if (!ASSISTED.has(running.state)) return running;
  if (event.data.stage === "plan") return withDebtPlan(running, event);
  const isMeeting = event.data.stage === "first_meeting" && nextDeadline(running)?.term === "first_meeting";
  return isMeeting ? afterMeeting(running, event.timestamp) : running;
}

/** The plan begins at the moment of its event, as all that begins does. */
function withDebtPlan(running: Running, event: Assisted): Running {
  const term = debtPlanTerm(dutchDay(momentOf(event)));
  return { ...running, state: "in_assistance", deadlines: [deadlineOf(term, 0)], passed: 0 };
}

type Assisted = Extract<RunningEvent, { event_type: "case.assistance_accepted" }>;

/** The term for a decision on a plan counts from the day of the meeting, and never ends later than it would have. */
function afterMeeting(running: Running, metAt: string): Running {
  const passed = running.passed + 1;
  const deadlines = running.deadlines.map((deadline) => {
    if (deadline.term !== "decision_on_plan") return deadline;
    const counted = deadlineOf(planTerm(dutchDay(metAt)), 0);
    return counted.expires_at < deadline.expires_at ? counted : deadline;
  });
  return { ...running, passed, deadlines };
}

/** A timer can fire late, or twice around a move: only the deadline that is next can expire. */
function expires(running: Running, { term, due }: { term: string; due: string }): boolean {
  const next = nextDeadline(running);
  return next?.term === term && next.due === due;
}

/** What an event leads to. `running` is the state before it. */
export function react(running: Running, event: RunningEvent): SagaAction {
  const after = foldRunning(running, event);
  switch (event.event_type) {
    case "case.assistance_accepted":
      return ASSISTED.has(running.state) && event.data.stage === "plan_paid"
        ? { kind: "closes", outcome: "resolved" }
        : WAITS;
    case "case.payment_received":
      return after.owed > 0 && after.paid >= after.owed ? { kind: "closes", outcome: "resolved" } : WAITS;
    case "case.payment_missed":
      return after.missed.length >= policy.missedMax ? { kind: "closes", outcome: "escalated" } : WAITS;
    case "case.term_expired":
      return expires(running, event.data) ? reactToExpiry(running, after) : WAITS;
  }
}

/** Where debt assistance is offered or given: a plan that it made resolves a case once it is paid. */
const ASSISTED: ReadonlySet<Running["state"]> = new Set(["referred", "in_assistance"]);

/** Terms that bind the citizen close a case; those that bind a caseworker or the municipality are told to the team lead. */
function reactToExpiry(running: Running, after: Running): SagaAction {
  const { term, due } = nextDeadline(running)!;
  if (running.state === "waiting_for_caseworker") return { kind: "asks_again", ...caseworkerLate(due) };
  if (term === "first_meeting" || term === "decision_on_plan") {
    return { kind: "asks_again", ...municipalityLate(term, due) };
  }
  if (term === "debt_plan") return { kind: "asks_again", ...debtPlanUnconfirmed(due) };
  if (term !== "instalment" || !nextDeadline(after)) return { kind: "closes", outcome: "escalated" };
  return { kind: "missed", instalment: after.passed, due };
}

function caseworkerLate(due: string): TermMissed {
  return {
    code: "review_term_expired",
    reason: `No caseworker decided by ${due}: whoever leads the team must see to it.`,
    reason_nl: `Geen medewerker heeft uiterlijk op ${
      dutchDate(due)
    } besloten: de teamleider moet dit oppakken.`,
  };
}

function debtPlanUnconfirmed(due: string): TermMissed {
  return {
    code: "debt_plan_unconfirmed",
    reason:
      `The debt plan ran until ${due}, and nobody said that it was paid: the case stays open, and whoever leads the team must ask.`,
    reason_nl: `Het schuldenplan liep tot en met ${
      dutchDate(due)
    }, en niemand heeft gemeld dat het is betaald: de zaak blijft open, en de teamleider moet dit navragen.`,
  };
}

const OWED = {
  first_meeting: { en: "held no first meeting", nl: "geen eerste gesprek gevoerd" },
  decision_on_plan: { en: "did not decide on a plan", nl: "niet over een plan besloten" },
} as const;

function municipalityLate(term: keyof typeof OWED, due: string): TermMissed {
  const { en, nl } = OWED[term];
  return {
    code: "municipality_late",
    reason:
      `The municipality ${en} by ${due}: the case stays open, and whoever leads the team must see to it.`,
    reason_nl: `De gemeente heeft uiterlijk op ${
      dutchDate(due)
    } ${nl}: de zaak blijft open, en de teamleider moet dit oppakken.`,
  };
}
