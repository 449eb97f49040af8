/** Cases that wait for a caseworker, and the decision of one. @module */
import {
  advance,
  type CaseProgress,
  type CaseworkerDecision,
  caseworkerDecision,
  initialProgress,
  type PendingReview,
  pendingReview,
  reviewEventTypes,
} from "../../../actors/application.ts";
import { findRows } from "../../../actors/case_list.ts";
import type { Backend } from "../../../backends/backend.ts";
import { VersionConflict } from "../../../backends/errors.ts";
import type { ModelStore } from "../../../backends/projections.ts";
import { decodeEvent, encodeEvent, InvalidEvent } from "../../../schema/codec.ts";
import { UnknownKind } from "../../../schema/evolution.ts";
import { newRootId } from "../../../schema/ids.ts";
import { withMoment } from "../../../schema/time/moment.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";

/** A case that waits for a person, and why. */
export interface WaitingCase {
  readonly caseId: string;
  readonly since: string;
  readonly review: PendingReview["data"];
}

/** Cases that wait for a caseworker, the longest waiting first. */
export async function waitingCases(backend: Backend, limit: number): Promise<WaitingCase[]> {
  const { models } = backend;
  const asked = (models && await askedInQueue(models, limit)) ?? await askedInLog(backend);
  const waiting: WaitingCase[] = [];
  for (const caseId of asked) {
    const review = await reviewOf(backend, caseId);
    if (review !== undefined) waiting.push({ caseId, since: review.timestamp, review: review.data });
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
async function reviewOf(backend: Backend, caseId: string): Promise<PendingReview | undefined> {
  try {
    return pendingReview((await progressOf(backend, caseId)).progress);
  } catch (error) {
    if (error instanceof InvalidEvent || error instanceof UnknownKind) return undefined;
    throw error;
  }
}

/** How far a case is, and its version. Version 0: there is no such case. */
async function progressOf(
  backend: Backend,
  caseId: string,
): Promise<{ progress: CaseProgress; version: number }> {
  let progress = initialProgress;
  let version = 0;
  for await (const stored of backend.readCase(caseId)) {
    if (stored.malformed === undefined) {
      progress = advance(progress, decodeEvent(withMoment(stored.event, stored.recordedAt)));
    }
    version = stored.version;
  }
  return { progress, version };
}

/**
 * Appends a caseworker's decision, on the version of the case it was taken on: of two caseworkers the first one decides,
 * and the second gets a VersionConflict. `seen` is the version that the caseworker looked at, where that is known.
 */
export async function decideCase(
  backend: Backend,
  decided: CaseworkerDecision,
  seen?: number,
): Promise<{ version: number }> {
  const { progress, version } = await progressOf(backend, decided.caseId);
  if (seen !== undefined && version > 0 && seen !== version) {
    throw new VersionConflict(decided.caseId, { exact: seen }, version);
  }
  if (version === 0) throw new CommandError(exitCodes.notFound, `There is no case ${decided.caseId}`);
  const stamp = { event_id: newRootId(), timestamp: new Date().toISOString() };
  const act = caseworkerDecision(progress, decided, stamp);
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
