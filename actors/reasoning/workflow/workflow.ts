/**
 * The case as a state machine: a pure transition table over event types; `WORKFLOW.md` has a drawing of it. Own table and not a statechart library: there is one level, no parallel state and no action in it.
 * @module
 */

/** Where a case stands. */
export const states = [
  "new",
  "received",
  "analysed",
  "waiting_for_caseworker",
  "plan_decided",
  "in_payment_plan",
  "referred",
  "in_assistance",
  "in_collection",
  "forgiven",
  "withdrawing",
  "completed:resolved",
  "completed:withdrawn",
  "completed:escalated",
] as const;
export type CaseState = (typeof states)[number];

/** What moves a case: an event type, with its decision, outcome or state where that makes the difference. */
export const signals = [
  "case.intake",
  "case.analysis",
  "case.review_requested",
  "case.review_requested:team_lead",
  "case.intervention_requested",
  "case.decision_proposed",
  "case.decision:forgive",
  "case.decision:payment_plan",
  "case.decision:collect",
  "case.decision:refer_assistance",
  "case.payment_plan_created",
  "case.debt_forgiven",
  "case.payment_received",
  "case.payment_missed",
  "case.assistance_accepted:first_meeting",
  "case.assistance_accepted:plan",
  "case.assistance_accepted:plan_paid",
  "case.term_expired",
  "case.wait_expired",
  "case.addressed",
  "case.child_started",
  "case.child_ended",
  "case.withdrawn",
  "case.withdrawn:to_be_confirmed",
  "case.event_refused",
  "case.completed:resolved",
  "case.completed:withdrawn",
  "case.completed:escalated",
  "case.reopened:in_payment_plan",
  "case.reopened:in_collection",
] as const;
type Signal = (typeof signals)[number];

type Moves = Readonly<Partial<Record<Signal, CaseState>>>;

const decides: Moves = {
  "case.decision:forgive": "forgiven",
  "case.decision:payment_plan": "plan_decided",
  "case.decision:collect": "in_collection",
  "case.decision:refer_assistance": "referred",
};

/** What may come from outside at any time before the case ends. */
const closes: Moves = {
  "case.withdrawn": "withdrawing",
  "case.completed:resolved": "completed:resolved",
  "case.completed:withdrawn": "completed:withdrawn",
  "case.completed:escalated": "completed:escalated",
};

const open: Moves = { ...decides, ...closes, "case.review_requested": "waiting_for_caseworker" };

/** What changes nothing, wherever a case stands: a refusal, and what other workflows wait for and send. */
const ALWAYS = [
  "case.event_refused",
  "case.wait_expired",
  "case.addressed",
  "case.child_started",
  "case.child_ended",
] as const;

/** The moves that leave a case where it is. */
function staysIn(state: CaseState, ...signals: Signal[]): Moves {
  return Object.fromEntries([...ALWAYS, ...signals].map((signal) => [signal, state]));
}

/** What asks for a person, which a review then does, and leaves an open case where it is. */
const ASKS: readonly Signal[] = ["case.intervention_requested", "case.withdrawn:to_be_confirmed"];

/** The transition table. What is not here is refused. */
export const transitions: Readonly<Record<CaseState, Moves>> = {
  // An organisation may send a decision for a case it never sent in.
  "new": { "case.intake": "received", ...decides, ...closes, ...staysIn("new", ...ASKS) },
  "received": {
    "case.analysis": "analysed",
    ...decides,
    ...closes,
    ...staysIn("received", "case.payment_received", ...ASKS),
  },
  "analysed": { ...open, ...staysIn("analysed", "case.payment_received", ...ASKS) },
  // A term that expires here goes to the team lead: a late caseworker must not cost a citizen a case.
  "waiting_for_caseworker": {
    ...open,
    ...staysIn(
      "waiting_for_caseworker",
      "case.payment_received",
      "case.term_expired",
      "case.review_requested:team_lead",
      ...ASKS,
    ),
    "case.decision_proposed": "waiting_for_caseworker",
  },
  "plan_decided": {
    "case.payment_plan_created": "in_payment_plan",
    ...open,
    ...staysIn("plan_decided", "case.payment_received", ...ASKS),
  },
  "in_payment_plan": {
    ...open,
    ...staysIn(
      "in_payment_plan",
      "case.payment_received",
      "case.payment_missed",
      "case.term_expired",
      ...ASKS,
    ),
  },
  // A municipality that is late is told to the team lead, while the case runs on: it must not cost a citizen a case either.
  "referred": {
    ...open,
    ...staysIn(
      "referred",
      "case.payment_received",
      "case.assistance_accepted:first_meeting",
      "case.assistance_accepted:plan_paid",
      "case.term_expired",
      "case.review_requested:team_lead",
      ...ASKS,
    ),
    "case.assistance_accepted:plan": "in_assistance",
  },
  // A plan was made. It is resolved once it is paid; where that is not told in time, the team lead is asked.
  "in_assistance": {
    ...open,
    ...staysIn(
      "in_assistance",
      "case.payment_received",
      "case.assistance_accepted:first_meeting",
      "case.assistance_accepted:plan",
      "case.assistance_accepted:plan_paid",
      "case.term_expired",
      "case.review_requested:team_lead",
      ...ASKS,
    ),
  },
  "in_collection": {
    ...open,
    ...staysIn("in_collection", "case.payment_received", "case.payment_missed", "case.term_expired", ...ASKS),
  },
  // Nothing is owed any more: only what the decision itself leads to.
  "forgiven": {
    ...staysIn("forgiven", "case.debt_forgiven"),
    "case.completed:resolved": "completed:resolved",
  },
  "withdrawing": { ...staysIn("withdrawing"), "case.completed:withdrawn": "completed:withdrawn" },
  "completed:resolved": staysIn("completed:resolved"),
  "completed:withdrawn": staysIn("completed:withdrawn"),
  // A payment that was made in time and comes to be known late; which one that is, `reopening.ts` says.
  "completed:escalated": {
    ...staysIn("completed:escalated", "case.payment_received"),
    "case.reopened:in_payment_plan": "in_payment_plan",
    "case.reopened:in_collection": "in_collection",
  },
};

/** Whom or what a case waits for in each state but the completed ones. */
export const waits = {
  "new": { for: "the organisation that sends the intake" },
  "received": { for: "analysis" },
  "analysed": { for: "decision" },
  "waiting_for_caseworker": { until: "the term of a review" },
  "plan_decided": { for: "decision" },
  "in_payment_plan": { until: "the next instalment" },
  "referred": { until: "the next term of the Wgs" },
  // No plan is resolved before it is paid.
  "in_assistance": { until: "the term of the debt plan of the municipality" },
  "in_collection": { until: "the term to pay" },
  "forgiven": { for: "decision" },
  "withdrawing": { for: "follow-up" },
} as const satisfies Partial<Record<CaseState, { for: string } | { until: string }>>;

/** The signal of an event, from its type, data and marks. Any text: an unknown one moves nothing. */
export function signalOf(
  eventType: string,
  data: Readonly<Record<string, unknown>>,
  marks: readonly string[] = [],
): string {
  if (eventType === "case.withdrawn" && marks.includes("to_be_confirmed")) {
    return `${eventType}:to_be_confirmed`;
  }
  if (eventType === "case.decision") return `${eventType}:${data.decision}`;
  if (eventType === "case.completed") return `${eventType}:${data.outcome}`;
  if (eventType === "case.reopened") return `${eventType}:${data.state}`;
  if (eventType === "case.assistance_accepted") return `${eventType}:${data.stage}`;
  if (eventType === "case.review_requested" && data.asked_of === "team_lead") return `${eventType}:team_lead`;
  return eventType;
}

/** Where a case stands after a signal; undefined where it cannot take it. */
export function transition(state: CaseState, signal: string): CaseState | undefined {
  const moves: Moves = transitions[state];
  return Object.hasOwn(moves, signal) ? moves[signal as Signal] : undefined;
}
