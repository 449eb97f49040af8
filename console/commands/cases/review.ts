/** Cases that wait for a caseworker, and the decision of one. @module */
import type { Backend } from "../../../backends/backend.ts";
import {
  accepts,
  advance,
  type CaseProgress,
  initialProgress,
} from "../../../actors/reasoning/workflow/progress.ts";
import { refusalOf } from "../../../actors/reasoning/workflow/refusal.ts";
import { decodeEvent, encodeEvent } from "../../../schema/codec.ts";
import type { DataOf, EventOf } from "../../../schema/events.ts";
import { newRootId } from "../../../schema/ids.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";

type Review = Pick<EventOf<"case.review_requested">, "timestamp" | "data">;
/** A decision that names its sources. */
type RuledEvent = { data: { rules: readonly { id: string; version: string; source: string }[] } };

/** A case that waits for a person, and why. */
export interface WaitingCase {
  readonly caseId: string;
  readonly since: string;
  readonly review: DataOf<"case.review_requested">;
}

/** The events that show whether a case may be waiting; its own history then decides. */
const reviewEventTypes = ["case.review_requested", "case.decision", "case.completed"];

/** Cases that wait for a caseworker, the longest waiting first. */
export async function waitingCases(backend: Backend, limit: number): Promise<WaitingCase[]> {
  const asked = new Set<string>();
  for await (const { event } of backend.readAll({ types: reviewEventTypes })) {
    if (event.event_type === "case.review_requested") asked.add(event.correlation_id);
    else asked.delete(event.correlation_id);
  }
  const waiting: WaitingCase[] = [];
  for (const caseId of asked) {
    const { progress } = await progressOf(backend, caseId);
    const review = reviewOf(progress);
    if (review !== undefined) waiting.push({ caseId, since: review.timestamp, review: review.data });
    if (waiting.length >= limit) break;
  }
  return waiting;
}

/** How far a case is, and its version. Version 0: there is no such case. */
async function progressOf(
  backend: Backend,
  caseId: string,
): Promise<{ progress: CaseProgress; version: number }> {
  let progress = initialProgress;
  let version = 0;
  for await (const stored of backend.readCase(caseId)) {
    progress = advance(progress, decodeEvent(stored.event));
    version = stored.version;
  }
  return { progress, version };
}

function reviewOf({ state, ending, basis }: CaseProgress): Review | undefined {
  if (state !== "waiting_for_caseworker" || ending !== undefined) return undefined;
  return basis?.event.event_type === "case.review_requested" ? basis.event : undefined;
}

interface CaseworkerDecision {
  readonly caseId: string;
  readonly decision: DataOf<"case.decision">["decision"];
  readonly reason: string;
  readonly by: string;
  readonly nextSteps: readonly string[];
  /** The ground it rests on besides those of the review: a law, a policy, a fact. */
  readonly source?: string | undefined;
}

/**
 * Appends a caseworker's decision, on the version of the case it was taken on: of two caseworkers one wins, and the
 * other gets a VersionConflict. The sources are those of the review that asked for a person.
 */
export async function decideCase(
  backend: Backend,
  decided: CaseworkerDecision,
): Promise<{ version: number }> {
  const { progress, version } = await progressOf(backend, decided.caseId);
  if (version === 0) throw new CommandError(exitCodes.notFound, `There is no case ${decided.caseId}`);
  const event = decisionEvent(decided, progress);
  if (!accepts(progress, event)) {
    const { reason } = refusalOf(progress, event);
    throw new CommandError(exitCodes.notFound, `The case can't take this decision: ${reason}`);
  }
  if (event.data.rules.length === 0) {
    const state = progress.state.replaceAll("_", " ");
    throw new CommandError(
      exitCodes.notFound,
      `The case does not wait for a caseworker (it is ${state}): to decide anyway, name the ground with --source`,
    );
  }
  return await backend.append([encodeEvent(event)], { exact: version });
}

function decisionEvent(
  decided: CaseworkerDecision,
  progress: CaseProgress,
): EventOf<"case.decision"> & RuledEvent {
  const { caseId, decision, reason, by, nextSteps, source } = decided;
  const named = source === undefined ? [] : [{ id: "caseworker/ground", version: "1", source }];
  return {
    event_id: newRootId(),
    event_type: "case.decision",
    timestamp: new Date().toISOString(),
    correlation_id: caseId,
    data: {
      case_id: caseId,
      decision,
      decided_by: by,
      reason,
      next_steps: [...nextSteps],
      rules: [...(reviewOf(progress)?.data.rules ?? []), ...named],
      ...(progress.intake === undefined ? {} : { debt_amount: progress.intake.debt_amount }),
    },
    metadata: { schema_version: 1, source: "caseworker" },
  };
}
