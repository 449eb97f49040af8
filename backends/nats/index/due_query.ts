/** The timers that are due: those of the next minutes in memory, the others brought there in time. @module */
import { compareKeys, type IndexKey } from "./entry/key.ts";
import type { IndexContents } from "./index_contents.ts";
import type { IndexLimits } from "./index_limits.ts";
import type { DueTimer } from "./recent/due_timers.ts";
import { dueAtOf, dueKeyOf, readDue, type SetTimer } from "./run/due_entry.ts";
import { entriesBehind } from "./run/merge.ts";
import { readTimerEntry } from "./run/read_case.ts";

/** The first timers that are due at a time, at most so many, by due time. Throws BlockGone. */
export async function readDueTimers(
  contents: IndexContents,
  until: number,
  limit: number,
  { nearMs, nearTimers }: IndexLimits,
): Promise<SetTimer[]> {
  for (;;) {
    await verify(contents, contents.due.due(until, limit));
    const found = contents.due.due(until, limit);
    const isAllLoaded = dueAtOf(contents.due.loadedTo) > until;
    if (found.length < limit && !isAllLoaded) await loadDue(contents, until + nearMs, nearTimers);
    else if (found.every(({ isVerified }) => isVerified)) {
      return found.map(({ key, dueAt, sequence, ordinal }) => ({ key, dueAt, sequence, ordinal }));
    }
  }
}

/** Finds out which of these were changed in a newer run than the one they were loaded from, and forgets them. */
async function verify(contents: IndexContents, timers: readonly DueTimer[]): Promise<void> {
  await Promise.all(
    timers.filter(({ isVerified }) => !isVerified).map(async (timer) => {
      const entry = contents.recentTimer(timer.key) ?? await readTimerEntry(contents.runs, timer.key);
      const isCurrent = entry?.kind === "timer" && entry.dueAt === timer.dueAt &&
        entry.sequence === timer.sequence && entry.ordinal === timer.ordinal;
      if (isCurrent) timer.isVerified = true;
      else contents.due.forget(timer);
    }),
  );
}

/** Loads the timers that are due until a time, or the first so many of them; nothing when runs changed places meanwhile. */
async function loadDue(contents: IndexContents, until: number, most: number): Promise<void> {
  const { generation, due, runs } = contents;
  const from = due.loadedTo;
  const found: DueTimer[] = [];
  let to = lastKeyOf(until);
  for await (const { key, values } of entriesBehind(runs.map((run) => run.scanDue(from)), from)) {
    if (dueAtOf(key) > until) break;
    if (found.length === most) {
      to = dueKeyOf(found.at(-1)!);
      break;
    }
    found.push({ ...readDue(key, values[0]!), isVerified: false });
  }
  if (generation !== contents.generation || compareKeys(due.loadedTo, from) !== 0) return;
  // What is newer in memory takes the place of what the runs say.
  const current = found.filter(({ key }) => contents.recentTimer(key) === undefined);
  due.load([...current, ...recentBetween(contents, from, to)], to);
}

/** Timers in memory that are due behind one key and up to another. */
function* recentBetween(contents: IndexContents, from: IndexKey, to: IndexKey): Generator<DueTimer> {
  for (const { key, entry: { dueAt, sequence, ordinal } } of contents.recentTimers()) {
    if (dueAt === undefined) continue;
    const timer = { key, dueAt, sequence, ordinal, isVerified: true };
    const dueKey = dueKeyOf(timer);
    if (compareKeys(dueKey, from) > 0 && compareKeys(dueKey, to) <= 0) yield timer;
  }
}

/** Behind every timer that is due at a time. */
function lastKeyOf(dueAt: number): IndexKey {
  return dueKeyOf({ dueAt, key: { a: -1, b: -1, c: -1, d: -1 } });
}
