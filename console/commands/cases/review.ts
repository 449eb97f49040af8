/** Cases that wait for a caseworker, and what one decides or proposes. @module */
import {
  advance,
  type CaseProgress,
  type CaseworkerDecision,
  caseworkerDecision,
  caseworkerProposal,
  initialProgress,
  openProposal,
  type PendingReview,
  pendingReview,
  type Proposal,
  reviewEventTypes,
} from "../../../actors/application.ts";
import { findRows, listedModels } from "../../../actors/case_list.ts";
import type { Backend } from "../../../backends/backend.ts";
import { NotAllowed, VersionConflict } from "../../../backends/errors.ts";
import type { ModelStore } from "../../../backends/projections.ts";
import { isSameActor } from "../../../schema/authority/names.ts";
import type { CaseEvent } from "../../../schema/events.ts";
import { decodeEvent, encodeEvent, InvalidEvent } from "../../../schema/codec.ts";
import { UnknownKind } from "../../../schema/evolution.ts";
import { newRootId } from "../../../schema/ids.ts";
import { withMoment } from "../../../schema/time/moment.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";

/** A case that waits for a person, and why. */
export interface WaitingCase {
  readonly caseId: string;
  readonly since: string;
  /** When the claim came about by what the intake says, and when that was recorded; absent without an intake. */
  readonly happenedAt?: string | undefined;
  readonly recordedAt?: string | undefined;
  readonly review: PendingReview["data"];
}

/** Cases that wait for a caseworker, the longest waiting first. */
export async function waitingCases(backend: Backend, limit: number): Promise<WaitingCase[]> {
  const models = await listedModels(backend, "review_queue");
  const asked = (models && await askedInQueue(models, limit)) ?? await askedInLog(backend);
  const waiting: WaitingCase[] = [];
  for (const caseId of asked) {
    const found = await reviewOf(backend, caseId);
    if (found !== undefined) waiting.push({ caseId, ...found });
    if (waiting.length >= limit) break;
  }
  return waiting;
}

async function askedInQueue(models: ModelStore, limit: number): Promise<readonly string[] | undefined> {
  const rows = await findRows(models, "review_queue", { orderBy: "review_since", limit });
  return rows?.map(({ case_id }) => case_id as string);
}

/** Of a store without a review queue: reads every event that may say so. */
async function askedInLog(backend: Backend): Promise<ReadonlySet<string>> {
  const asked = new Set<string>();
  const [requested] = reviewEventTypes;
  for await (const { event } of backend.readAll({ types: reviewEventTypes })) {
    if (event.event_type === requested) asked.add(event.correlation_id);
    else asked.delete(event.correlation_id);
  }
  return asked;
}

/** What a case waits for. One that can't be read has a dead letter, and waits for that. */
async function reviewOf(backend: Backend, caseId: string): Promise<Omit<WaitingCase, "caseId"> | undefined> {
  try {
    const { progress } = await progressOf(backend, caseId);
    const { intakeAt: happenedAt, openedAt: recordedAt } = progress;
    const review = pendingReview(progress);
    return review && { since: review.timestamp, happenedAt, recordedAt, review: review.data };
  } catch (error) {
    if (error instanceof InvalidEvent || error instanceof UnknownKind) return undefined;
    throw error;
  }
}

/** How far a case is, its version, and what was proposed. Version 0: there is no such case. */
async function progressOf(
  backend: Backend,
  caseId: string,
): Promise<{ progress: CaseProgress; version: number; proposal: Proposal | undefined }> {
  let progress = initialProgress;
  let version = 0;
  const events: CaseEvent[] = [];
  for await (const stored of backend.readCase(caseId)) {
    version = stored.version;
    if (stored.malformed !== undefined) continue;
    const event = decodeEvent(withMoment(stored.event, stored.recordedAt));
    events.push(event);
    progress = advance(progress, event);
  }
  return { progress, version, proposal: openProposal(events) };
}

/**
 * Appends a caseworker's decision, on the version of the case it was taken on: of two caseworkers the first one decides,
 * and the second gets a VersionConflict. `seen` is the version that the caseworker looked at, where that is known. What needs
 * two persons throws NotAllowed where it has one.
 */
export async function decideCase(
  backend: Backend,
  decided: CaseworkerDecision,
  seen?: number,
): Promise<{ version: number }> {
  const { progress, version, proposal } = await seenCase(backend, decided.caseId, seen);
  const isSecond = proposal?.decision === decided.decision && !isSameActor(proposal.proposed_by, decided.by);
  const proposedBy = isSecond ? { proposedBy: proposal.proposed_by } : {};
  const act = caseworkerDecision(progress, { ...decided, ...proposedBy }, newStamp());
  return await appendAct(backend, act, version);
}

/** Appends what a first person proposes; as `decideCase`. */
export async function proposeDecision(
  backend: Backend,
  proposed: CaseworkerDecision,
  seen?: number,
): Promise<{ version: number }> {
  const { progress, version } = await seenCase(backend, proposed.caseId, seen);
  return await appendAct(backend, caseworkerProposal(progress, proposed, newStamp()), version);
}

/** What a second person says to what was proposed. */
type Approval = Pick<CaseworkerDecision, "caseId" | "by" | "account"> & { readonly reason?: string };

/** Appends the decision that was proposed, in the name of a second person; as `decideCase`. */
export async function approveDecision(
  backend: Backend,
  { reason, ...approved }: Approval,
  seen?: number,
): Promise<{ version: number; decision: Proposal["decision"] }> {
  const { proposal } = await seenCase(backend, approved.caseId, seen);
  if (proposal === undefined) {
    throw new CommandError(exitCodes.notFound, "Nothing was proposed for this case");
  }
  const { decision, next_steps: nextSteps } = proposal;
  if (isSameActor(proposal.proposed_by, approved.by)) {
    throw new NotAllowed("who proposed a decision may not approve it");
  }
  const decided = { ...approved, decision, nextSteps, reason: reason ?? proposal.reason };
  return { ...await decideCase(backend, decided, seen), decision };
}

async function seenCase(backend: Backend, caseId: string, seen: number | undefined) {
  const found = await progressOf(backend, caseId);
  const { version } = found;
  if (seen !== undefined && version > 0 && seen !== version) {
    throw new VersionConflict(caseId, { exact: seen }, version);
  }
  if (version === 0) throw new CommandError(exitCodes.notFound, `There is no case ${caseId}`);
  return found;
}

function newStamp() {
  return { event_id: newRootId(), timestamp: new Date().toISOString() };
}

async function appendAct(
  backend: Backend,
  act: ReturnType<typeof caseworkerDecision>,
  version: number,
): Promise<{ version: number }> {
  switch (act.kind) {
    case "decided":
      return await backend.append([encodeEvent(act.event)], { exact: version });
    case "refused":
      throw new CommandError(exitCodes.notFound, `The case can't take this decision: ${act.reason}`);
    case "groundless":
      throw new CommandError(
        exitCodes.notFound,
        `The case does not wait for a caseworker (it is ${act.state}): to decide anyway, name the ground with --source`,
      );
  }
}
