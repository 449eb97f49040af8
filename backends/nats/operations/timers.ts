/** Firing timers: a node that has mailboxes appends the events of those that are due. @module */
import { BackendUnavailable } from "../../errors.ts";
import { delay, retryDelayMs } from "../../primitives/retry.ts";
import type { Write } from "../stream/atomic_publish.ts";
import { recordWritten } from "../log/append.ts";
import { assignVersions } from "../log/case_heads.ts";
import { inOrder } from "../mailbox/batch_lines.ts";
import { readAt, type StreamMessage } from "../stream/direct_get.ts";
import { Conflict } from "../connection/errors.ts";
import type { NatsContext } from "../context.ts";
import type { Timer, TimerIndex } from "./timer_index.ts";
import { timerDraft } from "../mailbox/timer_message.ts";

interface TimersContext {
  readonly context: NatsContext;
  readonly timers: TimerIndex;
  /** Between two looks, in milliseconds: how late a timer may be. */
  readonly everyMs: number;
  /** The time timers are measured against; undefined: the clock of the store. */
  readonly asOf: (() => Date) | undefined;
}

/**
 * A timer of a mailbox that another node has is left to it for so long, in milliseconds: two that fire the same timers are
 * in each other's way. That node may be gone, so then everybody fires it.
 */
const FOREIGN_GRACE_MS = 1_000;
/** So many fire in one atomic batch, which costs the server the same however much is in it. */
const FIRED_PER_WRITE = 100;

/** Follows and fires timers until the signal aborts. Several nodes may do so at once: the store lets one of them. */
export async function runTimers(options: TimersContext, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    let wait = options.everyMs;
    try {
      await options.timers.follow();
      await fireDue(options, signal);
      failures = 0;
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
      wait = retryDelayMs(failures++);
    }
    await delay(wait, signal);
  }
  await options.timers.close();
}

async function fireDue({ context, timers, asOf }: TimersContext, signal: AbortSignal): Promise<void> {
  const due = timers.due(asOf?.().getTime() ?? context.clock.now()).filter((timer) => isOurs(context, timer));
  for (let i = 0; i < due.length && !signal.aborted; i += FIRED_PER_WRITE) {
    const some = due.slice(i, i + FIRED_PER_WRITE);
    await fireBatch(context, some);
    for (const timer of some) timers.forget(timer);
  }
}

/** Whether this node fires it now. */
function isOurs({ leases }: NatsContext, timer: Timer): boolean {
  timer.dueSince ??= performance.now();
  return leases.holds(timer.processor, timer.partition) ||
    performance.now() - timer.dueSince > FOREIGN_GRACE_MS;
}

/** All together; one by one where somebody else wrote to one of the cases meanwhile, or to one of the timers. */
async function fireBatch(context: NatsContext, timers: readonly Timer[]): Promise<void> {
  const found = (await inOrder(timers, (timer) => readIfCurrent(context, timer))).filter((each) =>
    each !== undefined
  );
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

/** The timer's message, unless it was changed or has fired. */
async function readIfCurrent({ client, stream }: NatsContext, { position }: { position: number }) {
  const found = await readAt(client, stream, position);
  return found?.deleted ? undefined : found;
}

/** Appends the events and ends the timers, together. Throws Conflict, and nothing is done. */
async function fire(
  { writer, caseHeads, subjects, eventKinds }: NatsContext,
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

/** Until it has fired. A timer that was changed or fired meanwhile is left alone. */
async function fireAlone(context: NatsContext, timer: StreamMessage): Promise<void> {
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
