/** Timers: a node that has mailboxes follows them all, and appends the events of those that are due. @module */
import { BackendAway } from "../backend.ts";
import { patience, pause } from "../patience.ts";
import { textOf } from "../../schema/nats.ts";
import type { Write } from "./atomic_batch.ts";
import { note } from "./appending.ts";
import { placeEvents } from "./case_book.ts";
import { inOrder } from "./delivering.ts";
import { type Found, readAt, readSubject } from "./direct.ts";
import { Conflict } from "./errors.ts";
import { Feed } from "./feed.ts";
import type { Parts } from "./parts.ts";
import { timeOf, timerDraft } from "./timer_message.ts";

/** Where a timer stands, and when it is due: the row is read when it fires. */
interface Timer {
  readonly position: number;
  readonly at: number;
  readonly processor: string;
  readonly partition: number;
  /** When it was first seen to be due, by this node's own clock. */
  dueSince?: number;
}

export interface TimerOptions {
  readonly parts: Parts;
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
const AT_ONCE = 500;
const BYTES_AT_ONCE = 4_000_000;

/** Follows and fires timers until the signal aborts. Several nodes may do so at once: the store lets one of them. */
export async function keepTimers(options: TimerOptions, signal: AbortSignal): Promise<void> {
  const news = options.parts.client.isPlain ? polled(options.parts) : fed(options.parts);
  const timers = new Map<string, Timer>();
  for (let failures = 0; !signal.aborted;) {
    let wait = options.everyMs;
    try {
      await follow(options.parts, news, timers);
      await fireDue(options, timers);
      failures = 0;
    } catch (error) {
      if (!(error instanceof BackendAway)) throw error;
      wait = patience(failures++);
    }
    await pause(wait, signal);
  }
  await news.close();
}

/** What was written about timers since it was last asked. */
interface TimerNews {
  next(): AsyncIterable<Found>;
  close(): Promise<void>;
}

function fed({ client, stream, subjects }: Parts): TimerNews {
  const feed = new Feed({ client, stream, filters: [subjects.timers()], after: 0, withSubjects: true });
  return {
    async *next() {
      do {
        await feed.fill(AT_ONCE, BYTES_AT_ONCE);
        yield* feed.buffer;
        feed.drop(feed.position);
      } while (feed.pending > 0);
    },
    close: () => feed.close(),
  };
}

/** A plain server loses count of what is there for a consumer where messages replace others. */
function polled({ client, stream, subjects }: Parts): TimerNews {
  let after = 0;
  return {
    async *next() {
      for await (const found of readSubject(client, stream, subjects.timers(), after + 1)) {
        after = found.position;
        yield found;
      }
    },
    close: () => Promise.resolve(),
  };
}

async function follow(parts: Parts, news: TimerNews, timers: Map<string, Timer>): Promise<void> {
  for await (const found of news.next()) {
    if (found.deleted) timers.delete(found.subject);
    else timers.set(found.subject, timerOf(parts, found));
  }
}

function timerOf({ book }: Parts, { subject, position, payload }: Found): Timer {
  const [, , processor, caseId] = subject.split(".").map(textOf) as [string, string, string, string];
  return { position, at: timeOf(payload), processor, partition: book.partitionOf(caseId) };
}

/** Whether this node fires it now. */
function isOurs({ leases }: Parts, timer: Timer): boolean {
  timer.dueSince ??= performance.now();
  return leases.holds(timer.processor, timer.partition) || performance.now() - timer.dueSince > FOREIGN_MS;
}

async function fireDue(options: TimerOptions, timers: Map<string, Timer>): Promise<void> {
  const now = options.asOf?.().getTime() ?? options.parts.clock.now();
  const due = [...timers].filter(([, timer]) => timer.at <= now && isOurs(options.parts, timer)).sort((
    [, a],
    [, b],
  ) => a.at - b.at);
  await inOrder(due, async ([subject, { position }]) => {
    const found = await readAt(options.parts.client, options.parts.stream, position);
    if (found !== undefined && !found.deleted) await fire(options.parts, found);
    if (timers.get(subject)?.position === position) timers.delete(subject);
  });
}

/** Appends the event and ends the timer, together. A timer that was changed or fired meanwhile is left alone. */
async function fire(parts: Parts, { subject, position, payload }: Found): Promise<void> {
  const { client, writer, book, subjects, kinds } = parts;
  const draft = timerDraft(payload);
  const gone: Write = { subject, payload: "", gone: true, expect: { filter: subject, last: position } };
  await book.know([draft.caseId]);
  for (;;) {
    const placed = placeEvents([draft], (caseId) => book.head(caseId), subjects, false);
    const notes = kinds.missing(placed.drafts);
    try {
      const at = await writer.write([...placed.writes, gone, ...notes]);
      kinds.noted(notes);
      return note(book, placed, at);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      await book.reload([draft.caseId]);
      const still = await readAt(client, parts.stream, position);
      if (still === undefined || still.deleted) return;
    }
  }
}
