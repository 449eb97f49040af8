/**
 * When a decision may be stored: where a review is open or a mandate says so, and by another actor than who proposed it where
 * the amount asks for two. Judged by the history of the case, under the version that the event is stored on. Pure.
 * @module
 */
import type { EventType } from "../events.ts";
import { isReserved, isSameActor, simulatedCaseworkers, SIMULATOR } from "./names.ts";
import type { Producer } from "./grants.ts";

/** What is read of an event: amounts in euros. */
export interface JudgedEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata?: { readonly source?: string | undefined } | undefined;
}

/** A type that is stored only after an event of another type by another actor, where `when` holds. */
interface Requirement {
  readonly type: EventType;
  readonly requires: { readonly otherActorThan: EventType };
  when(event: JudgedEvent, history: readonly JudgedEvent[]): boolean;
}

/** The most in euros that one person forgives: beyond it a second one decides on what the first one proposed. */
export const FORGIVEN_ALONE_MAX = 500;

/** Requirements of the application. */
export const requirements: readonly Requirement[] = [
  {
    type: "case.decision",
    requires: { otherActorThan: "case.decision_proposed" },
    when: ({ data }, history) => data.decision === "forgive" && claimOf(history) > FORGIVEN_ALONE_MAX,
  },
];

/** The types by which a requirement is judged. */
export const judgingTypes: readonly EventType[] = [
  "case.intake",
  "case.review_requested",
  "case.decision_proposed",
  "case.decision",
  "case.withdrawn",
  "case.completed",
];

/** True for what can't be stored without a look at the history of its case. */
export function needsHistory(type: string): boolean {
  return type === "case.decision" || type === "case.decision_proposed";
}

/** The claim of a case, in euros: that of its first intake. */
function claimOf(history: readonly JudgedEvent[]): number {
  const amount = history.find(({ event_type }) => event_type === "case.intake")?.data.debt_amount;
  return typeof amount === "number" ? amount : 0;
}

/** Why the event may not be stored behind this history of its case; undefined when it may. */
export function historyFault(
  event: JudgedEvent,
  history: readonly JudgedEvent[],
  producer: Producer,
): string | undefined {
  // What is stored already is a retry.
  if (history.some(({ event_id }) => event_id === event.event_id)) return undefined;
  if (event.event_type === "case.decision_proposed") return proposalFault(event, history, producer);
  if (event.event_type !== "case.decision") return undefined;
  return namedFault(event, "decided_by", producer) ?? reviewFault(event, history, producer) ??
    secondPersonFault(event, history);
}

function proposalFault(event: JudgedEvent, history: readonly JudgedEvent[], producer: Producer) {
  return namedFault(event, "proposed_by", producer) ?? reviewFault(event, history, producer);
}

/** Who may not act for others decides under the name that the server proves; simulated caseworkers have names of their own. */
function namedFault({ data }: JudgedEvent, field: string, { name, isOwner }: Producer): string | undefined {
  const said = String(data[field]);
  if (isOwner || (name === SIMULATOR && simulatedCaseworkers.includes(said)) || isSameActor(said, name)) {
    return undefined;
  }
  return isReserved(said)
    ? `${field} names the runtime itself`
    : `${field} names another than its sender, ${name}`;
}

/** The owner has a mandate; everybody else decides where a review asks for it. */
function reviewFault(
  { event_type }: JudgedEvent,
  history: readonly JudgedEvent[],
  { name, isOwner }: Producer,
): string | undefined {
  const intake = history.find(({ event_type }) => event_type === "case.intake");
  if (name === SIMULATOR && intake?.metadata?.source !== SIMULATOR) {
    return `${event_type} of the ${SIMULATOR} on a case that it did not generate`;
  }
  if (isOwner || isReviewOpen(history)) return undefined;
  return `${event_type} where no review of the case is open`;
}

function isReviewOpen(history: readonly JudgedEvent[]): boolean {
  const last = history.findLast(({ event_type }) =>
    event_type !== "case.intake" && event_type !== "case.decision_proposed"
  );
  return last?.event_type === "case.review_requested";
}

function secondPersonFault(event: JudgedEvent, history: readonly JudgedEvent[]): string | undefined {
  const requirement = requirements.find(({ type, when }) =>
    type === event.event_type && when(event, history)
  );
  if (requirement === undefined) return undefined;
  const { otherActorThan } = requirement.requires;
  const proposed = openProposal(history, otherActorThan);
  if (proposed?.data.decision !== event.data.decision) {
    return `${event.data.decision} of this amount needs a second person: no ${otherActorThan} comes before it`;
  }
  return isSameActor(String(proposed!.data.proposed_by), String(event.data.decided_by))
    ? `${event.data.decision} of this amount needs a second person: who proposed it may not decide`
    : undefined;
}

/** The proposal that nothing was decided on yet. */
function openProposal(history: readonly JudgedEvent[], type: EventType): JudgedEvent | undefined {
  const last = history.findLast(({ event_type }) => event_type === type || CLOSES.includes(event_type));
  return last?.event_type === type ? last : undefined;
}

/** What takes an open proposal away: a decision, or a new review, which is of another state of the case. */
const CLOSES: readonly string[] = [
  "case.decision",
  "case.review_requested",
  "case.withdrawn",
  "case.completed",
];
