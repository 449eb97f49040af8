/** Events as lines of bytes, each with its version and a line break behind it. @module */
import { payloadPrefix, type PendingEvent, splitPayload } from "../../stream/message.ts";
import type { RecordEvent } from "./record.ts";

/** An event with the version it will have. */
export interface VersionedEvent {
  readonly version: number;
  readonly event: PendingEvent;
}

const LINE_BREAK = 10;
const encoder = new TextEncoder();

/** The bytes that an event takes in a record before compression, at most. */
export function bytesOfEvent({ body }: PendingEvent): number {
  return body.length + MOST_VERSION_BYTES;
}

/** A version of nine digits, a tab and a line break. */
const MOST_VERSION_BYTES = 11;

/** An event as it will be read, and where its line is. */
export interface WrittenEvent {
  readonly event: RecordEvent;
  readonly start: number;
  readonly end: number;
}

/** The lines of the events: version and body, a line break behind each. */
export function writeLines(events: readonly VersionedEvent[]): { lines: Uint8Array; read: WrittenEvent[] } {
  const room = new Uint8Array(events.reduce((sum, { event }) => sum + bytesOfEvent(event), 0));
  let at = 0;
  const read = events.map(({ version, event }, index): WrittenEvent => {
    const start = at;
    at += encoder.encodeInto(payloadPrefix(version), room.subarray(at)).written;
    room.set(event.body, at);
    const rest = room.subarray(at - 1, at + event.body.length);
    at += event.body.length;
    room[at++] = LINE_BREAK;
    const { eventId, type, caseId } = event;
    return { event: { index, version, eventId, type, caseId, rest }, start, end: at };
  });
  return { lines: room.subarray(0, at), read };
}

/** The events of lines, their indexes from `first` on; undefined where a line is none. */
export function readLines(lines: Uint8Array, first = 0): RecordEvent[] | undefined {
  const events: RecordEvent[] = [];
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(LINE_BREAK, start);
    const event = end === -1 ? undefined : splitPayload(lines.subarray(start, end));
    if (event === undefined) return undefined;
    events.push({ index: first + events.length, ...event });
    start = end + 1;
  }
  return events;
}
