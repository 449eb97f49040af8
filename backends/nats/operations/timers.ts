/** Firing timers: a node with mailboxes appends the events of those that are due. @module */
import type { Write } from "../stream/atomic_publish.ts";
import { recordWritten } from "../log/append.ts";
import { assignVersions } from "../log/case_heads.ts";
import { mapConcurrently } from "../../primitives/concurrency.ts";
import { readAt, READS_AT_ONCE, type StreamMessage } from "../stream/direct_get.ts";
import { Conflict } from "../connection/errors.ts";
import type { NatsContext } from "../context.ts";
import type { Timer, TimerIndex } from "./timer_index.ts";
import { isTimer, timerDraft } from "../mailbox/timer_message.ts";

/** What firing needs of a store. */
type FireContext = Pick<
  NatsContext,
  "client" | "stream" | "subjects" | "clock" | "leases" | "caseHeads" | "writer" | "eventKinds"
>;

export interface TimersContext extends FireContext {
  readonly timers: TimerIndex;
  /** The clock timers are measured against; undefined: the clock of the store. */
  readonly timersAsOf: (() => Date) | undefined;
}

/**
 * How long a timer of another node's mailbox is left to that node: two nodes that fire the same timers conflict. After that
 * the other node may be gone, so every node fires it.
 */
const FOREIGN_GRACE_MS = 1_000;
/** Timers fired by one atomic batch, which costs the server the same whatever its size. */
const FIRED_PER_WRITE = 100;

/** Fires the timers that are due. Several nodes may do so at once: the store lets one of them. */
export async function fireDue(context: TimersContext, signal: AbortSignal): Promise<void> {
  const { timers, timersAsOf, clock } = context;
  const due = timers.due(timersAsOf?.().getTime() ?? clock.now()).filter((timer) => isOurs(context, timer));
  for (let i = 0; i < due.length && !signal.aborted; i += FIRED_PER_WRITE) {
    const some = due.slice(i, i + FIRED_PER_WRITE);
    await fireBatch(context, some);
    for (const timer of some) timers.forget(timer);
  }
}

/** Whether this node fires the timer now. */
function isOurs({ leases }: FireContext, timer: Timer): boolean {
  timer.dueSince ??= performance.now();
  return leases.holds(timer.processor, timer.partition) ||
    performance.now() - timer.dueSince > FOREIGN_GRACE_MS;
}

/** Fires all together; one by one after a conflict on one of the cases or one of the timers. */
async function fireBatch(context: FireContext, timers: readonly Timer[]): Promise<void> {
  const found = (await mapConcurrently(READS_AT_ONCE, timers, (timer) => readIfCurrent(context, timer)))
    .filter((each) => each !== undefined);
  if (found.length === 0) return;
  const cases = found.map(({ payload }) => timerDraft(payload).caseId);
  await context.caseHeads.ensureFrom(new Map(cases.map((caseId) => [caseId, 1])));
  try {
    await fire(context, found);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    await context.caseHeads.refresh([...new Set(cases)]);
    for (const each of found) await fireAlone(context, each);
  }
}

/** The timer's message, unless it was changed or has fired, or is none that could. */
async function readIfCurrent({ client, stream }: FireContext, { position }: { position: number }) {
  const found = await readAt(client, stream, position);
  return found === undefined || found.deleted || !isTimer(found.payload) ? undefined : found;
}

/** Appends the events and ends the timers, together. Throws Conflict, and nothing is done. */
async function fire(
  { writer, caseHeads, subjects, eventKinds }: FireContext,
  found: readonly StreamMessage[],
): Promise<void> {
  const drafts = found.map(({ payload }) => timerDraft(payload));
  const placed = assignVersions(drafts, (caseId) => caseHeads.head(caseId), subjects, false);
  const tombstones = found.map(({ subject, position }): Write => ({
    subject,
    payload: "",
    tombstone: true,
    expect: { filter: subject, last: position },
  }));
  const notes = eventKinds.missingWrites(placed.drafts);
  const at = await writer.write([...placed.writes, ...tombstones, ...notes]);
  eventKinds.markRegistered(notes);
  recordWritten(caseHeads, placed, at);
}

/** Retries until the timer has fired; one that was changed or fired meanwhile is left alone. */
async function fireAlone(context: FireContext, timer: StreamMessage): Promise<void> {
  for (;;) {
    try {
      return await fire(context, [timer]);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      await context.caseHeads.refresh([timerDraft(timer.payload).caseId]);
      if (await readIfCurrent(context, timer) === undefined) return;
    }
  }
}
