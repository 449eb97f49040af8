/**
 * How far a case is: folded from its events, the same by every processor that asks. An event counts when the workflow
 * takes it where the case stands; one that it refuses changes nothing but what is known of the case, so that what comes
 * late, twice or beside something else under way does no harm.
 * @module
 */
import type { CaseEvent, DataOf, EventOf, EventType, Profile } from "../../../schema/events.ts";
import { momentOf } from "../../../schema/time/moment.ts";
import { cents } from "../../../schema/money.ts";
import { dutchDay } from "../law/working_days.ts";
import { type DecisionSummary, type FollowUp, planFollowUp } from "./follow_up.ts";
import { type Closing, closingBy, isPaid, withPayment } from "./reopening.ts";
import {
  type Deadline,
  foldRunning,
  nextDeadline,
  react,
  type Running,
  startPlan,
  startRunning,
  startWaiting,
} from "./saga.ts";
import { type CaseState, signalOf, transition } from "./workflow.ts";

type Intake = DataOf<"case.intake">;
type Analysis = DataOf<"case.analysis">;
type Outcome = DataOf<"case.completed">["outcome"];

/** What is kept of an event: without its envelope, whose strings are slices of a batch and would keep all of it in memory. */
interface RememberedEvent<T extends EventType, D = DataOf<T>> {
  readonly event_type: T;
  /** Its moment, ISO: when a term that starts with it starts. */
  readonly timestamp: string;
  readonly data: D;
}

type Begins = "case.decision" | "case.payment_plan_created" | "case.review_requested";

/** The event from which a case runs, with what was known then. */
interface RunBasis {
  readonly event:
    | RememberedEvent<"case.decision", DecisionSummary>
    | RememberedEvent<"case.payment_plan_created">
    | RememberedEvent<"case.review_requested">;
  readonly intake: Intake | undefined;
  /** Cents. */
  readonly received: number;
}

export interface CaseProgress {
  readonly state: CaseState;
  /** The moment of its first event, ISO. */
  readonly openedAt: string | undefined;
  /** When the intake says that it happened, ISO: by the law of that day it is decided. */
  readonly intakeAt: string | undefined;
  /** The first of each counts. */
  readonly intake: Intake | undefined;
  readonly analysis: Analysis | undefined;
  /** All that was paid, in cents. */
  readonly received: number;
  readonly basis: RunBasis | undefined;
  /** What it waits for, once something has happened since it began to run; see `runningOf`. */
  readonly running: Running | undefined;
  /** How the case ends by the events so far, whether or not its `case.completed` is stored yet. */
  readonly ending: Outcome | undefined;
  /** While it is closed over a payment that may yet come to be known. */
  readonly closing: Closing | undefined;
}

/** A case of which nothing is known. */
export const initialProgress: CaseProgress = {
  state: "new",
  openedAt: undefined,
  intakeAt: undefined,
  intake: undefined,
  analysis: undefined,
  received: 0,
  basis: undefined,
  running: undefined,
  ending: undefined,
  closing: undefined,
};

/** True when the case takes the event. */
export function accepts({ state, ending, closing }: CaseProgress, event: CaseEvent): boolean {
  if (transition(state, signalOf(event.event_type, event.data)) === undefined) return false;
  if (ending === undefined || stillAccepted.has(event.event_type)) return true;
  if (event.event_type === "case.reopened") return closing?.isReopening === true;
  return event.event_type === "case.payment_received" && closing !== undefined &&
    withPayment(closing, event) !== undefined;
}

/** What follows from an ending, and comes after it. */
const stillAccepted: ReadonlySet<string> = new Set([
  "case.debt_forgiven",
  "case.completed",
  "case.event_refused",
]);

/** The last step, cached: several processors of a worker fold the same event onto the same progress. */
let last: { before: CaseProgress; event: CaseEvent; after: CaseProgress } | undefined;

/** How far the case is after an event. */
export function advance(before: CaseProgress, event: CaseEvent): CaseProgress {
  if (last?.event === event && last.before === before) return last.after;
  const after = advanced(before, event);
  last = { before, event, after };
  return after;
}

function advanced(before: CaseProgress, event: CaseEvent): CaseProgress {
  const known = withFacts(before, event);
  const next = transition(before.state, signalOf(event.event_type, event.data));
  if (next === undefined || !accepts(before, event)) return known;
  return step(next === before.state ? known : { ...known, state: next }, event);
}

/** What becomes known by an event, whether or not the case accepts it. */
function withFacts(before: CaseProgress, event: CaseEvent): CaseProgress {
  const openedAt = before.openedAt ?? momentOf(event);
  if (event.event_type === "case.intake" && !before.intake) {
    return { ...before, openedAt, intakeAt: event.timestamp, intake: remembered(event.data) };
  }
  if (event.event_type === "case.analysis" && !before.analysis) {
    return { ...before, openedAt, analysis: withoutReasons(event.data) };
  }
  return before.openedAt === undefined ? { ...before, openedAt } : before;
}

/** What the rules ask of an intake. Thousands are remembered, so contact data and what else there is are not. */
function remembered(intake: Intake): Intake {
  const { case_id, citizen_bsn, debt_amount, debt_type, organization, intake_channel, priority } = intake;
  const claim = { case_id, citizen_bsn, debt_amount, debt_type, organization, intake_channel, priority };
  return intake.profile === undefined ? claim : { ...claim, profile: withoutContact(intake.profile) };
}

function withoutContact(profile: Profile): Profile {
  const { contact: _contact, municipality: _municipality, age_band: _age, ...asked } = profile;
  return asked;
}

function withoutReasons(analysis: Analysis): Analysis {
  const { case_id, risk_score, success_probability, recommended_action } = analysis;
  const { estimated_savings, analysis_confidence } = analysis;
  return {
    case_id,
    risk_score,
    success_probability,
    recommended_action,
    estimated_savings,
    analysis_confidence,
  };
}

/** What an event that is taken leads to. */
function step(at: CaseProgress, event: CaseEvent): CaseProgress {
  switch (event.event_type) {
    case "case.decision":
      return event.data.decision === "forgive"
        ? { ...begin(at, event), ending: "resolved" }
        : begin(at, event);
    case "case.payment_plan_created":
    case "case.review_requested":
      return begin(at, event);
    case "case.withdrawn":
      return { ...at, ending: "withdrawn" };
    case "case.completed":
      return { ...at, ending: event.data.outcome };
    case "case.payment_received":
      return at.closing === undefined ? applyToRunning(at, event) : payLate(at, at.closing, event);
    case "case.payment_missed":
    case "case.term_expired":
    case "case.assistance_accepted":
      return applyToRunning(at, event);
    case "case.reopened":
      return at.closing === undefined ? at : reopen(at, at.closing);
    default:
      return at;
  }
}

function begin(at: CaseProgress, event: EventOf<Begins>): CaseProgress {
  const { intake, received } = at;
  return { ...at, basis: { event: rememberedEvent(event), intake, received }, running: undefined };
}

function rememberedEvent(event: EventOf<Begins>): RunBasis["event"] {
  const timestamp = momentOf(event);
  const { event_type, data } = event;
  if (event_type !== "case.decision") return { event_type, timestamp, data } as RunBasis["event"];
  const { case_id, decision, decided_by, reason } = data;
  return { event_type, timestamp, data: { case_id, decision, decided_by, reason } };
}

type RunningCaseEvent = EventOf<
  "case.payment_received" | "case.payment_missed" | "case.term_expired" | "case.assistance_accepted"
>;

function applyToRunning(at: CaseProgress, event: RunningCaseEvent): CaseProgress {
  const received = at.received + (event.event_type === "case.payment_received" ? event.data.amount : 0);
  const before = runningOf(at);
  const running = before && foldRunning(before, event);
  const reaction = before && react(before, event);
  const ending = reaction?.kind === "closes" ? reaction.outcome : paidInFull(at.intake, received);
  const closing = before && ending === "escalated" ? closingBy(before, event, momentOf(event)) : undefined;
  return { ...at, received, running, ending, closing };
}

/** A payment that was made in time: `case.reopened` follows. */
function payLate(at: CaseProgress, closing: Closing, event: EventOf<"case.payment_received">): CaseProgress {
  return { ...at, received: at.received + event.data.amount, closing: withPayment(closing, event) };
}

/** The case goes on where it was, or is resolved. */
function reopen(at: CaseProgress, { running }: Closing): CaseProgress {
  const ending = isPaid(running) ? "resolved" : paidInFull(at.intake, at.received);
  return { ...at, running, ending, closing: undefined };
}

/** A claim that is paid is resolved, wherever the case stands. */
function paidInFull(intake: Intake | undefined, received: number): Outcome | undefined {
  return intake && intake.debt_amount > 0 && received >= intake.debt_amount ? "resolved" : undefined;
}

/**
 * What the case waits for; undefined before it runs. Computed on demand: terms cost calendar arithmetic, and most cases
 * are folded by processors that never need it.
 */
export function runningOf({ running, basis }: CaseProgress): Running | undefined {
  if (running || !basis) return running;
  const { event } = basis;
  switch (event.event_type) {
    case "case.review_requested":
      return startWaiting(event.data.term);
    case "case.payment_plan_created":
      return startPlan(event.data, paidOfPlan(basis, event.data.amount));
    case "case.decision":
      return runningByTerms(basis, event);
  }
}

/** A plan is for what was left of the claim; a payment that came while it was being made counts towards it. */
function paidOfPlan({ intake, received }: RunBasis, amount: number): number {
  return intake ? Math.max(0, received - (intake.debt_amount - amount)) : 0;
}

function runningByTerms(
  basis: RunBasis,
  { data, timestamp }: RememberedEvent<"case.decision", DecisionSummary>,
): Running | undefined {
  // A decision on a plan runs once its plan is there; one to forgive never does.
  if (data.decision === "payment_plan" || data.decision === "forgive") return undefined;
  const left = remainingClaim(basis.intake, basis.received);
  const next = planFollowUp(data, left, undefined, timestamp, timestamp);
  return next.kind === "continues" ? startRunning(next, left?.debt_amount) : undefined;
}

/** What follows a decision on this case, for what is left of its claim. */
export function followUpOf(at: CaseProgress, event: EventOf<"case.decision">): FollowUp {
  const left = remainingClaim(at.intake, at.received);
  const moment = momentOf(event);
  const lawDay = dutchDay(event.timestamp);
  return planFollowUp(event.data, left, at.analysis, at.openedAt ?? moment, moment, lawDay);
}

function remainingClaim(intake: Intake | undefined, received: number): Intake | undefined {
  if (!intake || received === 0) return intake;
  const debt_amount = cents(Math.max(0, intake.debt_amount - received));
  const { profile } = intake;
  if (profile?.total_debt === undefined) return { ...intake, debt_amount };
  // What is paid of the claim is no longer part of all debts either: its share is of what is left.
  const total_debt = cents(Math.max(debt_amount, profile.total_debt - received));
  return { ...intake, debt_amount, profile: { ...profile, total_debt } };
}

/** The next thing that can expire; none when the case has ended, or waits for something without a term. */
export function deadlineOf(at: CaseProgress): Deadline | undefined {
  if (at.ending !== undefined) return undefined;
  const running = runningOf(at);
  return running && nextDeadline(running);
}
