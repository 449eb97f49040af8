/** What a caseworker does: sees which review a case waits for, and decides on the case. Pure. @module */
import { isSameActor } from "../../schema/authority/names.ts";
import type { CaseEvent, DataOf, EventOf } from "../../schema/events.ts";
import { accepts, type CaseProgress } from "../reasoning/workflow/progress.ts";
import { refusalOf } from "../reasoning/workflow/refusal.ts";
import { caseworkerText } from "../texts/citizen_texts.ts";

/** The events that say whether a case may wait for a caseworker; the case's own history then says for certain. */
export const reviewEventTypes = ["case.review_requested", "case.decision", "case.completed"] as const;

/** The review that a case waits for. */
export type PendingReview = Pick<EventOf<"case.review_requested">, "timestamp" | "data">;

/** The review that the case waits for now; undefined when it waits for none. */
export function pendingReview({ state, ending, basis, alarm }: CaseProgress): PendingReview | undefined {
  if (ending === undefined && alarm !== undefined) return alarm;
  if (state !== "waiting_for_caseworker" || ending !== undefined) return undefined;
  return basis?.event.event_type === "case.review_requested" ? basis.event : undefined;
}

/** A decision as a caseworker takes it. */
export interface CaseworkerDecision {
  readonly caseId: string;
  readonly decision: DataOf<"case.decision">["decision"];
  readonly reason: string;
  readonly by: string;
  readonly nextSteps: readonly string[];
  /** The ground it rests on besides those of the review: a law, a policy, a fact. */
  readonly source?: string | undefined;
  /** Whose hand it was, where somebody decides under the name of another. */
  readonly account?: string | undefined;
  /** Who proposed it, where this is the second of two persons. */
  readonly proposedBy?: string | undefined;
}

/** What a first person proposed, and a second one decides on. */
export type Proposal = Pick<
  DataOf<"case.decision_proposed">,
  "decision" | "proposed_by" | "reason" | "next_steps"
>;

/** The proposal that nothing was decided on yet; undefined where there is none. */
export function openProposal(history: readonly CaseEvent[]): Proposal | undefined {
  const last = history.findLast(({ event_type }) => ENDS_PROPOSAL.has(event_type));
  return last?.event_type === "case.decision_proposed" ? last.data : undefined;
}

const ENDS_PROPOSAL: ReadonlySet<string> = new Set([
  "case.decision_proposed",
  "case.decision",
  "case.review_requested",
  "case.withdrawn",
  "case.completed",
]);

/** The event of a decision; or why the case can't take it, or that it names no ground while no review gives one. */
type CaseworkerAct =
  | { readonly kind: "decided"; readonly event: EventOf<"case.decision" | "case.decision_proposed"> }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "groundless"; readonly state: string };

/** What comes of a decision on a case that is this far. Its sources are those of the review that asked for a person. */
export function caseworkerDecision(
  progress: CaseProgress,
  decided: CaseworkerDecision,
  stamp: { readonly event_id: string; readonly timestamp: string },
): CaseworkerAct {
  const { caseId: case_id, decision, reason, by: decided_by, nextSteps: next_steps, source } = decided;
  const { proposedBy: proposed_by } = decided;
  const ground = source === undefined ? [] : [{ id: "caseworker/ground", version: "1", source }];
  const rules = [...pendingReview(progress)?.data.rules ?? [], ...ground];
  const debt_amount = progress.intake?.debt_amount;
  const event: EventOf<"case.decision"> = {
    ...stamp,
    event_type: "case.decision",
    correlation_id: case_id,
    data: {
      ...{ case_id, decision, decided_by, reason, next_steps: [...next_steps], rules },
      citizen_text: caseworkerText(decision),
      ...(debt_amount === undefined ? {} : { debt_amount }),
      ...(proposed_by === undefined ? {} : { proposed_by }),
    },
    metadata: metadataOf(decided),
  };
  if (!accepts(progress, event)) return { kind: "refused", reason: refusalOf(progress, event).reason };
  if (rules.length === 0) return { kind: "groundless", state: progress.state.replaceAll("_", " ") };
  return { kind: "decided", event };
}

/** What comes of the proposal of a first person. It is made where a review asks for a person. */
export function caseworkerProposal(
  progress: CaseProgress,
  proposed: CaseworkerDecision,
  stamp: { readonly event_id: string; readonly timestamp: string },
): CaseworkerAct {
  const { caseId: case_id, decision, reason, by: proposed_by, nextSteps } = proposed;
  const debt_amount = progress.intake?.debt_amount;
  const event: EventOf<"case.decision_proposed"> = {
    ...stamp,
    event_type: "case.decision_proposed",
    correlation_id: case_id,
    data: {
      ...{ case_id, decision, proposed_by, reason, next_steps: [...nextSteps] },
      ...(debt_amount === undefined ? {} : { debt_amount }),
    },
    metadata: metadataOf(proposed),
  };
  if (accepts(progress, event)) return { kind: "decided", event };
  return { kind: "refused", reason: refusalOf(progress, event).reason };
}

function metadataOf({ by, account }: CaseworkerDecision) {
  const other = account === undefined || isSameActor(account, by) ? {} : { account };
  return { schema_version: 1, source: "caseworker", ...other };
}
