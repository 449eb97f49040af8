/** Firing timers: a node that has mailboxes appends the events of those that are due. @module */
import { BackendAway } from "../backend.ts";
import { patience, pause } from "../patience.ts";
import type { Write } from "./atomic_batch.ts";
import { note } from "./appending.ts";
import { placeEvents } from "./case_book.ts";
import { inOrder } from "./delivering.ts";
import { type Found, readAt } from "./direct.ts";
import { Conflict } from "./errors.ts";
import type { Parts } from "./parts.ts";
import type { Timer, TimerBook } from "./timer_book.ts";
import { timerDraft } from "./timer_message.ts";

interface TimerOptions {
  readonly parts: Parts;
  readonly timers: TimerBook;
  /** Between two looks, in milliseconds: how late a timer may be. */
  readonly everyMs: number;
  /** The time timers are measured against; undefined: the clock of the store. */
  readonly asOf: (() => Date) | undefined;
}

/**
 * A timer of a mailbox that another node has is left to it for so long, in milliseconds: two that fire the same timers are
 * in each other's way. That node may be gone, so then everybody fires it.
 */
const FOREIGN_MS = 1_000;
/** So many fire in one atomic batch, which costs the server the same however much is in it. */
const AT_ONCE = 100;

/** Follows and fires timers until the signal aborts. Several nodes may do so at once: the store lets one of them. */
export async function keepTimers(options: TimerOptions, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    let wait = options.everyMs;
    try {
      await options.timers.follow();
      await fireDue(options, signal);
      failures = 0;
    } catch (error) {
      if (!(error instanceof BackendAway)) throw error;
      wait = patience(failures++);
    }
    await pause(wait, signal);
  }
  await options.timers.close();
}

async function fireDue({ parts, timers, asOf }: TimerOptions, signal: AbortSignal): Promise<void> {
  const due = timers.due(asOf?.().getTime() ?? parts.clock.now()).filter((timer) => isOurs(parts, timer));
  for (let i = 0; i < due.length && !signal.aborted; i += AT_ONCE) {
    const some = due.slice(i, i + AT_ONCE);
    await fireSome(parts, some);
    for (const timer of some) timers.forget(timer);
  }
}

/** Whether this node fires it now. */
function isOurs({ leases }: Parts, timer: Timer): boolean {
  timer.dueSince ??= performance.now();
  return leases.holds(timer.processor, timer.partition) || performance.now() - timer.dueSince > FOREIGN_MS;
}

/** All together; one by one where somebody else wrote to one of the cases meanwhile, or to one of the timers. */
async function fireSome(parts: Parts, timers: readonly Timer[]): Promise<void> {
  const found = (await inOrder(timers, (timer) => stillThere(parts, timer))).filter((each) =>
    each !== undefined
  );
  if (found.length === 0) return;
  const cases = found.map(({ payload }) => timerDraft(payload).caseId);
  await parts.book.recall(new Map(cases.map((caseId) => [caseId, 1])));
  try {
    await fire(parts, found);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    await parts.book.reload([...new Set(cases)]);
    for (const each of found) await fireAlone(parts, each);
  }
}

/** The timer's message, unless it was changed or has fired. */
async function stillThere({ client, stream }: Parts, { position }: { position: number }) {
  const found = await readAt(client, stream, position);
  return found?.deleted ? undefined : found;
}

/** Appends the events and ends the timers, together. Throws Conflict, and nothing is done. */
async function fire({ writer, book, subjects, kinds }: Parts, found: readonly Found[]): Promise<void> {
  const drafts = found.map(({ payload }) => timerDraft(payload));
  const placed = placeEvents(drafts, (caseId) => book.head(caseId), subjects, false);
  const gone = found.map(({ subject, position }): Write => ({
    subject,
    payload: "",
    gone: true,
    expect: { filter: subject, last: position },
  }));
  const notes = kinds.missing(placed.drafts);
  const at = await writer.write([...placed.writes, ...gone, ...notes]);
  kinds.noted(notes);
  note(book, placed, at);
}

/** Until it has fired. A timer that was changed or fired meanwhile is left alone. */
async function fireAlone(parts: Parts, timer: Found): Promise<void> {
  for (;;) {
    try {
      return await fire(parts, [timer]);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      await parts.book.reload([timerDraft(timer.payload).caseId]);
      if (await stillThere(parts, timer) === undefined) return;
    }
  }
}
