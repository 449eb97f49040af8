/** Reads what `encode_record.ts` writes. Never throws: what is no record comes out as malformed. @module */
import type { EventFrame, HeadLine } from "./encode_record.ts";
import { readLines } from "./event_lines.ts";
import { caseTag, type FrameSize, hasTag, unpackFrame } from "./frames.ts";
import { parseChanges, parseHeadLine } from "./head_line.ts";
import {
  type LogRecord,
  type MalformedRecord,
  NO_CHANGES,
  type RecordChanges,
  type RecordEvent,
  type RecordHead,
} from "./record.ts";

const LINE_BREAK = 10;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Whether the events of a record are left unread, by its head and how many they are. */
export type IsSkipped = (head: RecordHead, events: number) => boolean;

/** As `decodeRecord`, of a record that may be of no use: then only its head is read. */
export function decodeUnlessSkipped(payload: Uint8Array, isSkipped: IsSkipped): LogRecord | MalformedRecord {
  const line = readHead(payload);
  if (typeof line === "string") return malformed(line);
  const { frames, changes: _, format: __, ...head } = line;
  const unread = frames.reduce((sum, [events]) => sum + events, 0);
  if (!isSkipped(head as RecordHead, unread)) return decodeBody(payload, line);
  return { kind: "record", head: head as RecordHead, changes: NO_CHANGES, events: [], unread };
}

/** The record in the bytes of a message. With `ofCase` its events are those of that case, and no other frame is read. */
export function decodeRecord(payload: Uint8Array, ofCase?: string): LogRecord | MalformedRecord {
  const line = readHead(payload);
  return typeof line === "string" ? malformed(line) : decodeBody(payload, line, ofCase);
}

function decodeBody(payload: Uint8Array, line: HeadLine, ofCase?: string): LogRecord | MalformedRecord {
  const body = payload.subarray(payload.indexOf(LINE_BREAK) + 1);
  const { frames, changes = NOTHING, format: _, ...head } = line;
  const bytes = frames.reduce((sum, [, , stored]) => sum + stored, changes[1]);
  if (bytes !== body.length) return malformed(`it has ${body.length} bytes instead of ${bytes}`);
  const events = eventsOf(line, body, ofCase);
  if (events === undefined) return malformed("its events can't be read");
  const more = changesOf(changes, body.subarray(body.length - changes[1]));
  if (more === undefined) return malformed("its changes can't be read");
  return { kind: "record", head: head as RecordHead, changes: more, events };
}

/** The first line of a record, or why it is none. */
export function readHead(payload: Uint8Array): HeadLine | string {
  const end = payload.indexOf(LINE_BREAK);
  return parseHeadLine(decoder.decode(payload.subarray(0, Math.max(0, end))));
}

const NOTHING: FrameSize = [0, 0];

function malformed(reason: string): MalformedRecord {
  return { kind: "malformed", reason };
}

/** The events of all frames, or of those that may hold the case. */
function eventsOf({ frames }: HeadLine, body: Uint8Array, ofCase?: string): RecordEvent[] | undefined {
  const tag = ofCase === undefined ? undefined : caseTag(ofCase);
  const found: RecordEvent[] = [];
  let at = 0;
  let index = 0;
  for (const frame of frames) {
    const [count, , stored, tags] = frame;
    if (tag === undefined || tags === undefined || hasTag(tags, tag)) {
      const events = eventsOfFrame(frame, body.subarray(at, at + stored), index);
      if (events === undefined) return undefined;
      for (const event of events) if (ofCase === undefined || event.caseId === ofCase) found.push(event);
    }
    at += stored;
    index += count;
  }
  return found;
}

function eventsOfFrame(
  [count, raw, stored]: EventFrame,
  packed: Uint8Array,
  first: number,
): RecordEvent[] | undefined {
  const lines = unpackFrame(packed, [raw, stored]);
  const events = lines && readLines(lines, first);
  return events?.length === count ? events : undefined;
}

function changesOf(size: FrameSize, packed: Uint8Array): RecordChanges | undefined {
  if (size[0] === 0) return NO_CHANGES;
  const bytes = unpackFrame(packed, size);
  return bytes && parseChanges(decoder.decode(bytes));
}

/** Whether more records follow that were written together with this one. */
export function isPartOfMore(payload: Uint8Array): boolean {
  const line = parseHeadLine(decoder.decode(payload.subarray(0, Math.max(0, payload.indexOf(LINE_BREAK)))));
  return typeof line !== "string" && line.part !== undefined && line.part[0] + 1 < line.part[1];
}
