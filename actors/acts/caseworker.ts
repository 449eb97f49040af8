/** What a caseworker does: sees which review a case waits for, and decides on the case. Pure. @module */
import type { DataOf, EventOf } from "../../schema/events.ts";
import { accepts, type CaseProgress } from "../reasoning/workflow/progress.ts";
import { refusalOf } from "../reasoning/workflow/refusal.ts";
import { caseworkerText } from "../texts/citizen_texts.ts";

/** The events that say whether a case may wait for a caseworker; the case's own history then says for certain. */
export const reviewEventTypes = ["case.review_requested", "case.decision", "case.completed"] as const;

/** The review that a case waits for. */
export type PendingReview = Pick<EventOf<"case.review_requested">, "timestamp" | "data">;

/** The review that the case waits for now; undefined when it waits for none. */
export function pendingReview({ state, ending, basis }: CaseProgress): PendingReview | undefined {
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
}

/** The event of a decision; or why the case can't take it, or that it names no ground while no review gives one. */
type CaseworkerAct =
  | { readonly kind: "decided"; readonly event: EventOf<"case.decision"> }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "groundless"; readonly state: string };

/** What comes of a decision on a case that is this far. Its sources are those of the review that asked for a person. */
export function caseworkerDecision(
  progress: CaseProgress,
  decided: CaseworkerDecision,
  stamp: { readonly event_id: string; readonly timestamp: string },
): CaseworkerAct {
  const { caseId: case_id, decision, reason, by: decided_by, nextSteps: next_steps, source } = decided;
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
    },
    metadata: { schema_version: 1, source: "caseworker" },
  };
  if (!accepts(progress, event)) return { kind: "refused", reason: refusalOf(progress, event).reason };
  if (rules.length === 0) return { kind: "groundless", state: progress.state.replaceAll("_", " ") };
  return { kind: "decided", event };
}
