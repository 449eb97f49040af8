/** A case out of runs: its own entries, and those of its chapters. @module */
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import { ByteReader } from "../entry/bytes.ts";
import { readEntry } from "../entry/entry_codec.ts";
import { concatenateSpans, type EventSpan, IndexDamaged } from "../entry/event_span.ts";
import { type CaseEntry, chapterOf, firstOf, type IndexEntry, joinEntries } from "../entry/index_entry.ts";
import { chapterKey, type IndexKey } from "../entry/key.ts";
import type { OpenRun } from "./open_run.ts";

const READS_AT_ONCE = 32;

/** What the runs (the newest first) have of a case, whole; undefined when it is in none. Throws BlockGone or IndexDamaged. */
export async function readCaseEntry(runs: readonly OpenRun[], key: IndexKey): Promise<CaseEntry | undefined> {
  const entry = await readJoined(runs, key, 1);
  if (entry === undefined) return undefined;
  if (entry.kind !== "case") throw new IndexDamaged("The index has something else under the key of a case");
  const chapters = entry.state === undefined ? 0 : chapterOf(entry.state.version);
  if (chapters === 0) return entry;
  const numbers = Array.from({ length: chapters }, (_, i) => i + 1);
  const spans = await mapConcurrently(READS_AT_ONCE, numbers, async (chapter) => {
    const found = await readJoined(runs, chapterKey(key, chapter), firstOf(chapter));
    return found === undefined ? undefined : eventsOf(found);
  });
  return { ...entry, events: concatenateSpans([entry.events, ...spans]) };
}

/** The entry of a key, up to the run in which its events begin. */
async function readJoined(
  runs: readonly OpenRun[],
  key: IndexKey,
  from: number,
): Promise<IndexEntry | undefined> {
  let joined: IndexEntry | undefined;
  for (const run of runs) {
    const bytes = run.mayHave(key) ? await run.find(key) : undefined;
    if (bytes === undefined) continue;
    const older = readEntry(new ByteReader(bytes));
    joined = joined === undefined ? older : joinEntries(older, joined);
    if (eventsOf(joined)?.from === from) return joined;
  }
  return joined;
}

function eventsOf(entry: IndexEntry): EventSpan | undefined {
  return entry.kind === "timer" ? undefined : entry.events;
}

/** The latest change of a timer in the runs. */
export async function readTimerEntry(
  runs: readonly OpenRun[],
  key: IndexKey,
): Promise<IndexEntry | undefined> {
  for (const run of runs) {
    const bytes = run.mayHave(key) ? await run.find(key) : undefined;
    if (bytes !== undefined) return readEntry(new ByteReader(bytes));
  }
  return undefined;
}
