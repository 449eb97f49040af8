/** Which moments can be restored, and from what. Decisions only: what there is comes as values. @module */
import { BackupError } from "./errors.ts";
import type { FileEntry } from "./archive_file.ts";
import type { Manifest, Mark } from "./manifest.ts";
import { parseLsn, parseSegmentName, segmentName, segmentOf } from "./wal_position.ts";

/** A whole file of the streamed log. `at`: every commit up to this moment lies in it or before it, and a later one too. */
export interface SegmentEntry extends FileEntry, Mark {}

/** What `stream` has kept. */
export interface StreamedLog {
  readonly segments: readonly SegmentEntry[];
  /** How far the file is that is being written; undefined when nothing was streamed. */
  readonly newest: (Mark & { readonly timeline: number }) | undefined;
}

/** A slice of time of which every moment can be restored. */
export interface RestorableRange {
  readonly from: string;
  readonly to: string;
  readonly base: string;
  /** The last positions that were drawn before it, and at its end; null where that is not known. */
  readonly after: number | null;
  readonly position: number | null;
}

/** A file of the write-ahead log that a restore takes, and where it lies. */
export interface NeededSegment {
  readonly name: string;
  readonly from: "base" | "stream";
  /** It was still being written. */
  readonly open: boolean;
}

/** How a moment is restored. */
export interface RestorePlan {
  readonly base: Manifest;
  readonly segments: readonly NeededSegment[];
  readonly range: RestorableRange;
  /** The newest moment of all that is kept: what lies between it and the moment is lost. */
  readonly newest: string;
}

/** What is asked for: a moment as an ISO time, a position of the event log, or else the newest there is. */
export interface Target {
  readonly at?: string | undefined;
  readonly position?: number | undefined;
}

/** The moments that can be restored, of each base, oldest first. */
export function restorableRanges(bases: readonly Manifest[], log: StreamedLog): RestorableRange[] {
  return bases.map((base) => rangeOf(base, log)).toSorted((a, b) => compareTimes(a.from, b.from));
}

/**
 * Chooses the youngest base from which the target is reached, and the log that takes it there. Throws BackupError for a target
 * that can't be reached, with what can.
 */
export function planRestore(bases: readonly Manifest[], log: StreamedLog, target: Target): RestorePlan {
  const { range, newest } = chooseRange(restorableRanges(bases, log), target);
  const base = bases.find(({ id }) => id === range.base)!;
  return { base, segments: neededSegments(base, log, target.at), range, newest };
}

/** The youngest range that has the target, and the newest moment of all. Throws BackupError for a target that none has. */
export function chooseRange(ranges: readonly RestorableRange[], target: Target) {
  if (ranges.length === 0) throw new BackupError("unreachable", "There is no backup to restore from");
  const newest = ranges.map(({ to }) => to).reduce(laterOf);
  const range = ranges.findLast((each) => reaches(each, target, newest));
  if (range === undefined) throw unreachable(target, ranges);
  return { range, newest };
}

/** A position lies behind a base that had not drawn it yet. */
function reaches(
  { from, to, after, position: last }: RestorableRange,
  { at, position }: Target,
  newest: string,
): boolean {
  if (position !== undefined) return after !== null && last !== null && after < position && position <= last;
  return at === undefined ? to === newest : compareTimes(from, at) <= 0 && compareTimes(at, to) <= 0;
}

/** `2026-11-30T19:47:00.000000Z to 2026-11-30T20:01:12.123456Z`; ranges that overlap are one. */
export function describeRanges(ranges: readonly RestorableRange[]): string {
  const merged: { from: string; to: string }[] = [];
  for (const { from, to } of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && compareTimes(from, last.to) <= 0) last.to = laterOf(last.to, to);
    else merged.push({ from, to });
  }
  return merged.map(({ from, to }) => from === to ? from : `${from} to ${to}`).join(", and ");
}

function unreachable({ at, position }: Target, ranges: readonly RestorableRange[]): BackupError {
  if (position === undefined) {
    return new BackupError(
      "unreachable",
      `No backup leads to ${at}: what can be restored is ${describeRanges(ranges)}`,
    );
  }
  const positions = ranges.filter(({ after, position }) =>
    after !== null && position !== null && after < position
  )
    .map(({ after, position }) => `${after! + 1} to ${position}`);
  const can = positions.length === 0
    ? "no position at all: name a time"
    : [...new Set(positions)].join(", and ");
  return new BackupError(
    "unreachable",
    `No backup leads to position ${position}: what can be restored is ${can}`,
  );
}

/** The files of the log behind a base that follow on each other. */
function reachOf(base: Manifest, log: StreamedLog) {
  const { timeline, segment_bytes: bytes } = base.server;
  const own = new Set(base.files.map(({ name }) => name.replace(/^wal\//, "")));
  const streamed = new Map(log.segments.map((entry) => [entry.name, entry]));
  const whole: NeededSegment[] = [];
  let to = base.newest;
  let segment = segmentOf(parseLsn(base.start_lsn), bytes);
  for (;; segment++) {
    const name = segmentName(timeline, segment, bytes);
    const entry = streamed.get(name);
    if (entry === undefined && !own.has(name)) break;
    whole.push({ name, from: entry === undefined ? "base" : "stream", open: false });
    if (entry !== undefined) to = laterMark(to, entry);
  }
  const name = segmentName(timeline, segment, bytes);
  const { newest } = log;
  const isStreamed = newest?.timeline === timeline && segmentOf(parseLsn(newest.lsn), bytes) <= segment;
  if (isStreamed) to = laterMark(to, newest);
  const open: NeededSegment[] = isStreamed && segmentOf(parseLsn(newest.lsn), bytes) === segment
    ? [{ name, from: "stream", open: true }]
    : own.has(`${name}.partial`)
    ? [{ name, from: "base", open: true }]
    : [];
  return { needed: [...whole, ...open], to };
}

function rangeOf(base: Manifest, log: StreamedLog): RestorableRange {
  const { at: to, position } = reachOf(base, log).to;
  return { from: base.ended_at, to, base: base.id, after: base.newest.position, position };
}

/** Those that take the base to the moment, and the first behind it that is known to hold a later commit. */
function neededSegments(base: Manifest, log: StreamedLog, at: string | undefined): NeededSegment[] {
  const { needed } = reachOf(base, log);
  if (at === undefined) return needed;
  const least = segmentOf(parseLsn(base.newest.lsn), base.server.segment_bytes);
  if (compareTimes(at, base.newest.at) <= 0) {
    return needed.filter(({ name }) => numberOf(name, base) <= least);
  }
  const known = log.segments.filter((entry) => compareTimes(at, entry.at) <= 0).map(({ name }) => name);
  const end = needed.findIndex(({ name }) => numberOf(name, base) >= least && known.includes(name));
  return end < 0 ? needed : needed.slice(0, end + 1);
}

function numberOf(name: string, { server }: Manifest): number {
  return parseSegmentName(name, server.segment_bytes)!.segment;
}

function laterMark(one: Mark, two: Mark): Mark {
  return compareTimes(one.at, two.at) >= 0 ? one : two;
}

function laterOf(one: string, two: string): string {
  return compareTimes(one, two) >= 0 ? one : two;
}

/** Times of our own have six digits behind the second and end in Z: they are ordered as texts. */
export function compareTimes(one: string, two: string): number {
  return one < two ? -1 : one > two ? 1 : 0;
}

/** A time as a person writes it, with microseconds in UTC. */
export function toMicroseconds(time: string): string {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "";
  return `${new Date(time).toISOString().slice(0, 19)}.${fraction.padEnd(6, "0").slice(0, 6)}Z`;
}
