/**
 * What the index knows under a key. Each entry says what some records added, and entries of one key are joined, newest
 * last: to absorb a record, nothing is read. An entry of a case has its state and its first 256 events; the events after
 * them are in chapters with keys of their own, so that no entry is large.
 * @module
 */
import { endOf, type EventSpan, joinSpans, sliceSpan } from "./event_span.ts";
import { chapterKey, type IndexKey } from "./key.ts";

/** Events of a case under one key. */
export const CHAPTER_EVENTS = 256;

/** A case up to its latest event, as far as some records say. */
export interface CaseState {
  readonly version: number;
  /** Number of the type of the latest event. */
  readonly type: number;
  /** When the first event that is known here was recorded, and when the latest one. */
  readonly openedAt: number;
  readonly updatedAt: number;
}

export interface CaseEntry {
  readonly kind: "case";
  /** The sequence of the last record that is included. */
  readonly last: number;
  /** Undefined when the records held no event of the case. */
  readonly state: CaseState | undefined;
  /** Undefined when the records don't say. */
  readonly isParked: boolean | undefined;
  /** The sequences of the records that have lines of its trail. */
  readonly trail: readonly number[];
  readonly events: EventSpan | undefined;
}

interface ChapterEntry {
  readonly kind: "chapter";
  readonly events: EventSpan;
}

/** The latest change of a timer, and where in which record it is. */
export interface TimerEntry {
  readonly kind: "timer";
  readonly sequence: number;
  readonly ordinal: number;
  /** Undefined once it has fired or is cancelled. */
  readonly dueAt: number | undefined;
}

export type IndexEntry = CaseEntry | ChapterEntry | TimerEntry;

/** Two entries of one key as one. Throws IndexDamaged when they don't fit. */
export function joinEntries(older: IndexEntry, newer: IndexEntry): IndexEntry {
  if (newer.kind === "case" && older.kind === "case") return joinCases(older, newer);
  if (newer.kind === "chapter" && older.kind === "chapter") {
    return { kind: "chapter", events: joinSpans(older.events, newer.events)! };
  }
  return newer;
}

/** Two entries of a case as one. Harmless when they include the same records. */
export function joinCases(older: CaseEntry, newer: CaseEntry): CaseEntry {
  return {
    kind: "case",
    last: Math.max(older.last, newer.last),
    state: joinStates(older.state, newer.state),
    isParked: newer.isParked ?? older.isParked,
    trail: joinTrails(older.trail, newer.trail),
    events: joinSpans(older.events, newer.events),
  };
}

function joinStates(older: CaseState | undefined, newer: CaseState | undefined): CaseState | undefined {
  if (older === undefined || newer === undefined) return newer ?? older;
  const openedAt = Math.min(older.openedAt, newer.openedAt);
  return { ...newer.version >= older.version ? newer : older, openedAt };
}

function joinTrails(older: readonly number[], newer: readonly number[]): readonly number[] {
  if (older.length === 0 || newer.length === 0) return older.length === 0 ? newer : older;
  const last = older.at(-1)!;
  return newer[0]! <= older[0]! ? newer : [...older, ...newer.filter((sequence) => sequence > last)];
}

/** Calls back with each entry, and its key, that this case is stored as: itself with its first events, and the chapters. */
export function cutChapters(
  key: IndexKey,
  entry: CaseEntry,
  onEntry: (key: IndexKey, entry: CaseEntry | ChapterEntry) => void,
): void {
  const { events } = entry;
  if (events === undefined || endOf(events) <= CHAPTER_EVENTS + 1) return onEntry(key, entry);
  onEntry(key, { ...entry, events: sliceSpan(events, 1, CHAPTER_EVENTS + 1) });
  const last = chapterOf(endOf(events) - 1);
  for (let chapter = Math.max(1, chapterOf(events.from)); chapter <= last; chapter++) {
    const from = firstOf(chapter);
    const part = sliceSpan(events, from, from + CHAPTER_EVENTS)!;
    onEntry(chapterKey(key, chapter), { kind: "chapter", events: part });
  }
}

/** The chapter that holds a version. */
export function chapterOf(version: number): number {
  return Math.floor((version - 1) / CHAPTER_EVENTS);
}

/** The first version of a chapter. */
export function firstOf(chapter: number): number {
  return chapter * CHAPTER_EVENTS + 1;
}
