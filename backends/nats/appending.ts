/** Appending: optimistic, with the version of each case guaranteed by the store. @module */
import { isDeepStrictEqual } from "node:util";
import type { WireEvent } from "../../schema/events.ts";
import type { Subjects } from "../../schema/nats.ts";
import { type Appended, EventIdConflict, type ExpectedVersion, VersionConflict } from "../backend.ts";
import { patience, pause } from "../patience.ts";
import { MOST_MESSAGES, type Positions } from "./atomic_batch.ts";
import { type CaseBook, type Placed, placeEvents } from "./case_book.ts";
import { Conflict, RecentDuplicate } from "./errors.ts";
import type { Kinds } from "./kinds.ts";
import type { Turns } from "./turns.ts";
import type { Writer } from "./writer.ts";
import { asStored, dataOf, type Draft, draftOf, envelopeOf, type Stored } from "./message.ts";

interface AppendParts {
  readonly writer: Writer;
  readonly subjects: Subjects;
  readonly book: CaseBook;
  readonly kinds: Kinds;
  readonly turns: Turns;
  readonly partitions: number;
  /** The first event of the last minutes that has this id, wherever it is. */
  findRecent(eventId: string): Promise<Stored | undefined>;
}

/** With room in a batch for the notes of kinds. */
export const EVENTS_AT_ONCE = MOST_MESSAGES - 50;
const never = new AbortController().signal;

/**
 * Appends all or none up to 950 events. More are stored in stretches, each all or none, once nothing is known to be in
 * the way of any of them; when the store goes away in between, the same call again completes it.
 */
export async function append(
  parts: AppendParts,
  events: readonly WireEvent[],
  expected: ExpectedVersion,
): Promise<Appended> {
  const drafts = withoutRepeats(events.map((event) => draftOf(event, parts.partitions)));
  if (expected !== "any" || drafts.length > EVENTS_AT_ONCE) await lookFirst(parts, drafts, expected);
  let stored = 0;
  let last: Place | undefined;
  for (let start = 0; start < drafts.length; start += EVENTS_AT_ONCE) {
    const stretch = drafts.slice(start, start + EVENTS_AT_ONCE);
    const cases = [...new Set(stretch.map(({ caseId }) => caseId))];
    const wanted = start === 0 ? expected : "any";
    const done = await parts.turns.take(cases, () => appendStretch(parts, stretch, cases, wanted));
    stored += done.stored;
    last = done.last;
  }
  const place = await placeOfLast(parts, draftOf(events.at(-1)!, parts.partitions), last);
  return { stored, duplicates: events.length - stored, ...place };
}

interface Place {
  readonly eventId: string;
  readonly position: number;
  readonly version: number;
}

/** Each id once. Throws EventIdConflict when one comes with two contents. */
function withoutRepeats(drafts: readonly Draft[]): Draft[] {
  const byId = new Map<string, Draft>();
  for (const draft of drafts) {
    const before = byId.get(draft.eventId);
    if (before === undefined) byId.set(draft.eventId, draft);
    else if (!sameFact(draft, asStored(before))) {
      throw new EventIdConflict(draft.eventId);
    }
  }
  return [...byId.values()];
}

/** What is known to be in the way is found before anything is written. */
async function lookFirst(
  parts: AppendParts,
  drafts: readonly Draft[],
  expected: ExpectedVersion,
): Promise<void> {
  await parts.book.reload([...new Set(drafts.map(({ caseId }) => caseId))]);
  const placed = place(parts, drafts);
  await checkKnown(parts, placed.known);
  if (placed.drafts.length > 0) checkVersion(parts, drafts[0]!.caseId, expected);
}

function checkVersion({ book }: AppendParts, caseId: string, expected: ExpectedVersion): void {
  if (expected === "any") return;
  const wanted = expected === "none" ? 0 : expected.exact;
  const { version } = book.head(caseId);
  if (version !== wanted) throw new VersionConflict(caseId, expected, version);
}

async function appendStretch(
  parts: AppendParts,
  drafts: readonly Draft[],
  cases: string[],
  expected: ExpectedVersion,
): Promise<{ stored: number; last: Place | undefined }> {
  await parts.book.know(cases);
  for (let tries = 0;; tries++) {
    const placed = place(parts, drafts);
    await checkKnown(parts, placed.known);
    if (placed.drafts.length === 0) return { stored: 0, last: undefined };
    checkVersion(parts, drafts[0]!.caseId, expected);
    try {
      return await write(parts, placed);
    } catch (error) {
      await lookAgain(parts, placed, cases, error);
      await pause(patience(Math.min(tries, 3)) / 10, never);
    }
  }
}

function place({ book, subjects }: AppendParts, drafts: readonly Draft[]): Placed {
  return placeEvents(drafts, (caseId) => book.head(caseId), subjects, true);
}

async function write({ writer, book, kinds }: AppendParts, placed: Placed) {
  const notes = kinds.missing(placed.drafts);
  const at = await writer.write([...placed.writes, ...notes]);
  kinds.noted(notes);
  note(book, placed, at);
  const end = placed.drafts.length - 1;
  const { eventId } = placed.drafts[end]!;
  return { stored: end + 1, last: { eventId, position: at(end), version: placed.versions[end]! } };
}

/** Takes note of events that were written. */
export function note(book: CaseBook, { drafts, versions }: Placed, at: Positions): void {
  for (const [i, { caseId, eventId }] of drafts.entries()) book.saw(caseId, at(i), versions[i]!, eventId);
}

/** After a conflict the cases are read anew. An id that is none of theirs and yet a duplicate is of another case. */
async function lookAgain(parts: AppendParts, placed: Placed, cases: string[], error: unknown): Promise<void> {
  if (!(error instanceof Conflict || error instanceof RecentDuplicate)) throw error;
  await parts.book.reload(cases);
  if (error instanceof Conflict || place(parts, placed.drafts).known.length > 0) return;
  for (const draft of placed.drafts) {
    const recent = await parts.findRecent(draft.eventId);
    if (recent !== undefined && !sameFact(draft, recent)) throw new EventIdConflict(draft.eventId);
  }
}

/** Throws EventIdConflict for an id that its case has with other content. */
async function checkKnown({ book }: AppendParts, known: readonly Draft[]): Promise<void> {
  const byCase = Map.groupBy(known, ({ caseId }) => caseId);
  const stories = await book.read([...byCase.keys()]);
  for (const [caseId, drafts] of byCase) {
    const events = new Map(stories.get(caseId)!.map((event) => [envelopeOf(event).eventId, event]));
    const other = drafts.find((draft) => !sameFact(draft, events.get(draft.eventId)!));
    if (other !== undefined) throw new EventIdConflict(other.eventId);
  }
}

/** The fact is type, case and data; a producer that tries again may well have another time or trace. */
function sameFact(draft: Draft, stored: Stored): boolean {
  const { type, caseId } = envelopeOf(stored);
  if (type !== draft.type || caseId !== draft.caseId) return false;
  const [one, other] = [dataOf(stored), dataOf(asStored(draft))];
  return one === other || isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
}

/** Position and version of the last event of a call, which may have been stored before. */
async function placeOfLast({ book }: AppendParts, { caseId, eventId }: Draft, last: Place | undefined) {
  if (last?.eventId === eventId) return { position: last.position, version: last.version };
  const story = (await book.read([caseId])).get(caseId)!;
  const event = story.find((each) => envelopeOf(each).eventId === eventId)!;
  return { position: event.position, version: envelopeOf(event).version };
}
