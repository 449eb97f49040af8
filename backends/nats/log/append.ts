/** Appending: optimistic, with the version of each case guaranteed by the store. @module */
import { isDeepStrictEqual } from "node:util";
import type { WireEvent } from "../../../schema/events.ts";
import { DUPLICATE_WINDOW_MS } from "../../../schema/nats.ts";
import { EventIdConflict, VersionConflict } from "../../errors.ts";
import type { AppendResult, ExpectedVersion } from "../../event_store.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";
import { retryDelayMs } from "../../primitives/retry.ts";
import { MAX_BATCH_MESSAGES, type PositionOf } from "../stream/atomic_publish.ts";
import { assignVersions, type CaseHeadCache, type VersionedWrites } from "./case_heads.ts";
import { Conflict, RecentDuplicate } from "../connection/errors.ts";
import type { NatsContext } from "../context.ts";
import { findRecent } from "./queries.ts";
import {
  dataOf,
  envelopeOf,
  isEvent,
  type PendingEvent,
  pendingEventOf,
  type StoredMessage,
  toStoredMessage,
} from "../stream/message.ts";

type AppendContext =
  & Pick<NatsContext, "client" | "stream" | "subjects" | "clock" | "writer" | "caseHeads" | "eventKinds">
  & Pick<NatsContext, "caseLocks" | "partitions">;

/** Leaves room in a batch for the registrations of event kinds. */
export const MAX_ATOMIC_EVENTS = MAX_BATCH_MESSAGES - 50;
const NEVER_ABORTED = new AbortController().signal;

/**
 * Appends all or none up to 950 events. More are stored in chunks, each all or none, after a check that no conflict is known
 * for any of them; when the store becomes unavailable in between, the same call again completes the append.
 */
export async function append(
  context: AppendContext,
  events: readonly WireEvent[],
  expected: ExpectedVersion,
): Promise<AppendResult> {
  if (events.length === 0) return { stored: 0, duplicates: 0, position: 0, version: 0 };
  requireSingleCase(events, expected);
  const drafts = deduplicate(events.map((event) => pendingEventOf(event, context.partitions)));
  if (expected !== "any" || drafts.length > MAX_ATOMIC_EVENTS) {
    await checkBeforeWrite(context, drafts, expected);
  }
  let stored = 0;
  let last: EventPlace | undefined;
  for (let start = 0; start < drafts.length; start += MAX_ATOMIC_EVENTS) {
    const chunk = drafts.slice(start, start + MAX_ATOMIC_EVENTS);
    const cases = [...new Set(chunk.map(({ caseId }) => caseId))];
    const chunkExpected = start === 0 ? expected : "any";
    const done = await context.caseLocks.run(cases, () => appendChunk(context, chunk, cases, chunkExpected));
    stored += done.stored;
    last = done.last;
  }
  const place = await placeOfLast(context, pendingEventOf(events.at(-1)!, context.partitions), last);
  return { stored, duplicates: events.length - stored, ...place };
}

function requireSingleCase(events: readonly WireEvent[], expected: ExpectedVersion): void {
  if (expected === "any") return;
  if (new Set(events.map((event) => event.correlation_id)).size > 1) {
    throw new TypeError("Cannot expect a version of events of more than one case");
  }
}

interface EventPlace {
  readonly eventId: string;
  readonly position: number;
  readonly version: number;
}

/** Each id once. Throws EventIdConflict for an id with two contents. */
function deduplicate(drafts: readonly PendingEvent[]): PendingEvent[] {
  const byId = new Map<string, PendingEvent>();
  for (const draft of drafts) {
    const before = byId.get(draft.eventId);
    if (before === undefined) byId.set(draft.eventId, draft);
    else if (!sameFact(draft, toStoredMessage(before))) {
      throw new EventIdConflict(draft.eventId);
    }
  }
  return [...byId.values()];
}

/** Finds conflicts that are known already, before anything is written. */
async function checkBeforeWrite(
  context: AppendContext,
  drafts: readonly PendingEvent[],
  expected: ExpectedVersion,
): Promise<void> {
  await context.caseHeads.refresh([...new Set(drafts.map(({ caseId }) => caseId))]);
  const placed = assignNext(context, drafts);
  await checkDuplicates(context, placed.duplicates);
  if (placed.drafts.length > 0) checkVersion(context, drafts[0]!.caseId, expected);
}

function checkVersion({ caseHeads }: AppendContext, caseId: string, expected: ExpectedVersion): void {
  if (expected === "any") return;
  const wanted = expected === "none" ? 0 : expected.exact;
  const { version } = caseHeads.head(caseId);
  if (version !== wanted) throw new VersionConflict(caseId, expected, version);
}

async function appendChunk(
  context: AppendContext,
  drafts: readonly PendingEvent[],
  cases: string[],
  expected: ExpectedVersion,
): Promise<{ stored: number; last: EventPlace | undefined }> {
  await context.caseHeads.ensureLoaded(cases);
  for (let tries = 0;; tries++) {
    const placed = assignNext(context, drafts);
    await checkDuplicates(context, placed.duplicates);
    if (placed.drafts.length === 0) return { stored: 0, last: undefined };
    checkVersion(context, drafts[0]!.caseId, expected);
    try {
      return await write(context, placed);
    } catch (error) {
      await refreshAfterConflict(context, placed, cases, error);
      await delayOrAbort(retryDelayMs(Math.min(tries, 3)) / 10, NEVER_ABORTED);
    }
  }
}

function assignNext(
  { caseHeads, subjects }: AppendContext,
  drafts: readonly PendingEvent[],
): VersionedWrites {
  return assignVersions(drafts, (caseId) => caseHeads.head(caseId), subjects, true);
}

async function write({ writer, caseHeads, eventKinds }: AppendContext, placed: VersionedWrites) {
  const notes = eventKinds.missingWrites(placed.drafts);
  const at = await writer.write([...placed.writes, ...notes]);
  eventKinds.markRegistered(notes);
  recordWritten(caseHeads, placed, at);
  const end = placed.drafts.length - 1;
  const { eventId } = placed.drafts[end]!;
  return { stored: end + 1, last: { eventId, position: at(end), version: placed.versions[end]! } };
}

/** Updates the cached heads by events that were written. */
export function recordWritten(
  caseHeads: CaseHeadCache,
  { drafts, versions }: VersionedWrites,
  at: PositionOf,
): void {
  for (const [i, { caseId, eventId }] of drafts.entries()) {
    caseHeads.observe(caseId, at(i), versions[i]!, eventId);
  }
}

/** Reads the cases again after a conflict. A duplicate id that none of them has belongs to another case. */
async function refreshAfterConflict(
  context: AppendContext,
  placed: VersionedWrites,
  cases: string[],
  error: unknown,
): Promise<void> {
  if (!(error instanceof Conflict || error instanceof RecentDuplicate)) throw error;
  await context.caseHeads.refresh(cases);
  if (error instanceof Conflict || assignNext(context, placed.drafts).duplicates.length > 0) return;
  for (const draft of placed.drafts) {
    const recent = await findRecent(context, draft.eventId, DUPLICATE_WINDOW_MS);
    if (recent !== undefined && !sameFact(draft, recent)) throw new EventIdConflict(draft.eventId);
  }
}

/** Throws EventIdConflict for an id that its case has with other content. */
export async function checkDuplicates(
  { caseHeads }: Pick<AppendContext, "caseHeads">,
  known: readonly PendingEvent[],
): Promise<void> {
  const byCase = Map.groupBy(known, ({ caseId }) => caseId);
  const histories = await caseHeads.readHistories([...byCase.keys()]);
  for (const [caseId, drafts] of byCase) {
    const events = new Map(
      histories.get(caseId)!.filter(isEvent).map((event) => [envelopeOf(event).eventId, event]),
    );
    const other = drafts.find((draft) => !sameFact(draft, events.get(draft.eventId)!));
    if (other !== undefined) throw new EventIdConflict(other.eventId);
  }
}

/** Compares type, case and data only: a producer that retries may send another time or trace. */
function sameFact(draft: PendingEvent, stored: StoredMessage): boolean {
  const { type, caseId } = envelopeOf(stored);
  if (type !== draft.type || caseId !== draft.caseId) return false;
  const [one, other] = [dataOf(stored), dataOf(toStoredMessage(draft))];
  return one === other || isDeepStrictEqual(jsonOf(one), JSON.parse(other));
}

/** What is stored may be no JSON: then it is the same as nothing. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Position and version of the last event of a call, which may have been stored before. */
async function placeOfLast(
  { caseHeads }: AppendContext,
  { caseId, eventId }: PendingEvent,
  last: EventPlace | undefined,
) {
  if (last?.eventId === eventId) return { position: last.position, version: last.version };
  const history = (await caseHeads.readHistories([caseId])).get(caseId)!;
  const event = history.find((each) => isEvent(each) && envelopeOf(each).eventId === eventId)!;
  return { position: event.position, version: envelopeOf(event).version };
}
