/**
 * The case as a state machine: a pure transition table over event types, and a drawing of it made from the table
 * itself. Own table and not a statechart library: there is one level, no parallel state and no action in it.
 * @module
 */

/** Where a case stands. */
export const states = [
  "new",
  "received",
  "analysed",
  "waiting_for_caseworker",
  "decided",
  "in_payment_plan",
  "referred",
  "in_collection",
  "forgiven",
  "withdrawing",
  "completed:resolved",
  "completed:withdrawn",
  "completed:escalated",
] as const;
export type CaseState = (typeof states)[number];

/** What moves a case: an event type, with its decision or outcome where that makes the difference. */
export const signals = [
  "case.intake",
  "case.analysis",
  "case.review_requested",
  "case.decision:forgive",
  "case.decision:payment_plan",
  "case.decision:collect",
  "case.decision:refer_assistance",
  "case.payment_plan_created",
  "case.debt_forgiven",
  "case.payment_received",
  "case.payment_missed",
  "case.assistance_accepted",
  "case.term_expired",
  "case.withdrawn",
  "case.completed:resolved",
  "case.completed:withdrawn",
  "case.completed:escalated",
] as const;
export type Signal = (typeof signals)[number];

type Moves = Readonly<Partial<Record<Signal, CaseState>>>;

const decides: Moves = {
  "case.decision:forgive": "decided",
  "case.decision:payment_plan": "decided",
  "case.decision:collect": "in_collection",
  "case.decision:refer_assistance": "referred",
};

const ends: Moves = {
  "case.completed:resolved": "completed:resolved",
  "case.completed:withdrawn": "completed:withdrawn",
  "case.completed:escalated": "completed:escalated",
};

const withdraws: Moves = { "case.withdrawn": "withdrawing" };

/** The transition table. What is not here is refused. */
export const transitions: Readonly<Record<CaseState, Moves>> = {
  "new": { "case.intake": "received" },
  "received": {
    ...decides,
    ...withdraws,
    "case.analysis": "analysed",
    "case.completed:withdrawn": "completed:withdrawn",
  },
  "analysed": {
    ...decides,
    ...withdraws,
    "case.analysis": "analysed",
    "case.review_requested": "waiting_for_caseworker",
    "case.completed:withdrawn": "completed:withdrawn",
  },
  // A term that expires here is told to whoever leads the caseworkers: a late colleague must not cost a citizen a case.
  "waiting_for_caseworker": {
    ...decides,
    ...withdraws,
    "case.analysis": "analysed",
    "case.review_requested": "waiting_for_caseworker",
    "case.term_expired": "waiting_for_caseworker",
    "case.completed:withdrawn": "completed:withdrawn",
  },
  "decided": {
    ...decides,
    ...withdraws,
    ...ends,
    "case.payment_plan_created": "in_payment_plan",
    "case.debt_forgiven": "forgiven",
    "case.review_requested": "waiting_for_caseworker",
  },
  "in_payment_plan": {
    ...decides,
    ...withdraws,
    ...ends,
    "case.payment_received": "in_payment_plan",
    "case.payment_missed": "in_payment_plan",
    "case.term_expired": "in_payment_plan",
    "case.review_requested": "waiting_for_caseworker",
  },
  "referred": {
    ...decides,
    ...withdraws,
    ...ends,
    "case.assistance_accepted": "referred",
    "case.payment_received": "referred",
    "case.term_expired": "referred",
    "case.review_requested": "waiting_for_caseworker",
  },
  "in_collection": {
    ...decides,
    ...withdraws,
    ...ends,
    "case.payment_received": "in_collection",
    "case.payment_missed": "in_collection",
    "case.term_expired": "in_collection",
    "case.review_requested": "waiting_for_caseworker",
  },
  "forgiven": { "case.completed:resolved": "completed:resolved" },
  // Compensation: an open plan and its timers are cancelled; what was already under way changes nothing any more.
  "withdrawing": {
    "case.completed:withdrawn": "completed:withdrawn",
    "case.analysis": "withdrawing",
    "case.review_requested": "withdrawing",
    "case.payment_plan_created": "withdrawing",
    "case.payment_received": "withdrawing",
    "case.payment_missed": "withdrawing",
    "case.assistance_accepted": "withdrawing",
    "case.term_expired": "withdrawing",
  },
  "completed:resolved": {},
  "completed:withdrawn": {},
  "completed:escalated": {},
};

/** Who moves a case on from where it stands. Nobody, once it is completed. */
export const waitsFor: Readonly<Record<CaseState, string | undefined>> = {
  "new": "the organisation that sends the intake",
  "received": "the Intake processor",
  "analysed": "the Analysis processor",
  "waiting_for_caseworker": "a caseworker",
  "decided": "the Decision processor",
  "in_payment_plan": "the citizen, until the next instalment",
  "referred": "the citizen and the municipality, until the next term of the Wgs",
  "in_collection": "the citizen, until the term to pay",
  "forgiven": "the Decision processor",
  "withdrawing": "the Decision processor",
  "completed:resolved": undefined,
  "completed:withdrawn": undefined,
  "completed:escalated": undefined,
};

/** An event that a case cannot take where it stands. */
export interface IllegalTransition {
  readonly kind: "illegal";
  readonly state: CaseState;
  readonly signal: string;
  /** What the state does take. */
  readonly allowed: readonly Signal[];
}

export type Transition = { readonly kind: "moved"; readonly state: CaseState } | IllegalTransition;

/** The signal of an event, from its type and data. Any text: an unknown one moves nothing. */
export function signalOf(eventType: string, data: Readonly<Record<string, unknown>>): string {
  if (eventType === "case.decision") return `${eventType}:${data.decision}`;
  if (eventType === "case.completed") return `${eventType}:${data.outcome}`;
  return eventType;
}

/** Where a case stands after a signal, or why it cannot take it. */
export function transition(state: CaseState, signal: string): Transition {
  const moves = transitions[state];
  return Object.hasOwn(moves, signal)
    ? { kind: "moved", state: moves[signal as Signal]! }
    : { kind: "illegal", state, signal, allowed: Object.keys(moves) as Signal[] };
}

/** True where a case has ended. */
export function isFinal(state: CaseState): boolean {
  return waitsFor[state] === undefined;
}

/** The state machine as Mermaid text, drawn from the table. Loops that stay in a state are left out unless asked for. */
export function drawWorkflow({ loops = false } = {}): string {
  const name = (state: CaseState) => state.replace(":", "_");
  const lines = states.flatMap((from) =>
    Object.entries(transitions[from])
      .filter(([, to]) => loops || to !== from)
      .map(([signal, to]) =>
        `  ${name(from)} --> ${name(to)}: ${signal.replace("case.", "").replace(":", " ")}`
      )
  );
  const ended = states.filter(isFinal).map((state) => `  ${name(state)} --> [*]`);
  return ["stateDiagram-v2", "  [*] --> new", ...lines, ...ended].join("\n") + "\n";
}
