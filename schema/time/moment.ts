/**
 * The moment of an event: from when what it starts runs. Of an event from outside it is when the store recorded it; of what the
 * runtime made, the moment of the event from outside, or the time at which the timer was due, that began the chain. The runtime
 * carries it in `metadata.moment`; the event's own `timestamp` says when it happened, and by which law it is judged.
 * @module
 */
import type { Metadata, WireEvent } from "../events.ts";

/** Clocks of producers may be ahead by this much without a mark. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** What takes longer from happening to being recorded is marked as late. */
const LATE_MS = 7 * 86_400_000;

type TimeMark = "in_future" | "late";

/** The marks of an event that happened at `time`, by when it was recorded; both in milliseconds. */
export function timeMarks(time: number, recordedAt: number): TimeMark[] {
  if (time > recordedAt + CLOCK_SKEW_MS) return ["in_future"];
  return time < recordedAt - LATE_MS ? ["late"] : [];
}

/** What matters of an event for its moment. */
export interface Timed {
  readonly timestamp: string;
  readonly metadata: Pick<Metadata, "moment" | "marks">;
}

/** The moment of an event as processors get it, ISO. */
export function momentOf({ timestamp, metadata }: Timed): string {
  return metadata.moment ?? timestamp;
}

const NONE: readonly TimeMark[] = [];

/** What is marked about the time of an event: by the door that took it, or by its moment. What comes of it carries the same. */
export function timeMarksOf({ timestamp, metadata: { moment, marks } }: Timed): readonly TimeMark[] {
  const carried = Array.isArray(marks) ? marks.filter(isTimeMark) : NONE;
  if (moment === undefined || moment === timestamp) return carried;
  const found = timeMarks(Date.parse(timestamp), Date.parse(moment));
  return found.length === 0 ? carried : [...new Set([...carried, ...found])];
}

function isTimeMark(mark: string): mark is TimeMark {
  return mark === "late" || mark === "in_future";
}

/** The last event's, cached: events that were appended together have the same. */
let last: { metadata: Metadata; recordedAt: number; filled: Metadata } | undefined;

/** A stored event as processors get it: one that carries no moment has that of when it was recorded. */
export function withMoment(event: WireEvent, recordedAt: number): WireEvent {
  const { metadata } = event;
  if (isMoment(metadata.moment)) return event;
  if (last?.metadata !== metadata || last.recordedAt !== recordedAt) {
    last = { metadata, recordedAt, filled: { ...metadata, moment: new Date(recordedAt).toISOString() } };
  }
  return { ...event, metadata: last.filled };
}

/** The last one that was one, cached: what is made in a chain has the same. */
let lastMoment = "";

/** Metadata of other hands may hold anything. */
function isMoment(moment: unknown): boolean {
  if (typeof moment !== "string") return false;
  if (moment !== lastMoment && Number.isNaN(Date.parse(moment))) return false;
  lastMoment = moment;
  return true;
}

/** Above this an event came noticeably later, or earlier, than it says it happened. */
const SAME_TIME_MS = 60_000;

/** Whether people are to see both times of an event. */
export function hasTwoTimes(timestamp: string, recordedAt: number): boolean {
  return Math.abs(recordedAt - Date.parse(timestamp)) > SAME_TIME_MS;
}

/** All marks of a stored event as people see them, that of its time included. */
export function marksOf(event: WireEvent, recordedAt: number): readonly string[] {
  const marks = Array.isArray(event.metadata?.marks) ? event.metadata.marks : [];
  const { timestamp, metadata } = withMoment({ ...event, metadata: event.metadata ?? {} }, recordedAt);
  return [...new Set([...marks, ...timeMarksOf({ timestamp, metadata })])];
}
