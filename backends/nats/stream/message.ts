/** Events as messages: the payload is the end of a delivery line, so that delivering one needs no parsing. @module */
import { partitionOf } from "../../../schema/partition.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { outputLine } from "../../../schema/delivery_line.ts";

/** An event without a position and version yet. */
export interface PendingEvent {
  readonly partition: number;
  readonly eventId: string;
  readonly type: string;
  readonly caseId: string;
  readonly schemaVersion: number;
  /** event_id to metadata, as in a delivery line. As bytes, because strings would be most of the garbage V8 collects. */
  readonly body: Uint8Array;
}

/** A stored event as read from its message. */
export interface StoredMessage {
  readonly position: number;
  readonly recordedAt: number;
  /** Version and body, separated by a tab. */
  readonly payload: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The separators of fields and lines, which no field may hold. */
const SEPARATOR = /[\t\r\n]/;

/** Encodes an event. Throws RangeError for an invalid one. */
export function pendingEventOf(event: WireEvent, partitions: number): PendingEvent {
  const { event_id: eventId, event_type: type, correlation_id: caseId, timestamp, data, metadata } = event;
  const at = Date.parse(timestamp);
  if (Number.isNaN(at) || SEPARATOR.test(`${eventId}${type}${caseId}`)) {
    throw new RangeError("Cannot store what is no event");
  }
  return {
    partition: partitionOf(caseId, partitions),
    eventId,
    type,
    caseId,
    schemaVersion: metadata.schema_version,
    body: encoder.encode(
      `${eventId}\t${type}\t${caseId}\t${at}\t${JSON.stringify(data)}\t${JSON.stringify(metadata)}`,
    ),
  };
}

/** The event of a store row. Throws RangeError for an invalid row. */
export function pendingEventOfRow(row: string): PendingEvent {
  const line = encoder.encode(outputLine(row, 0));
  return parsePendingEvent(line, new Uint8Array(line.length));
}

const [TAB, LINE_BREAK, BRACE, END_BRACE] = [9, 10, 123, 125];
/** Fields of an output line in front of its JSON, the version first. */
const SHORT_FIELDS = 7;
const SHORTEST_TIME = "2026-03-01".length;

/**
 * The events of output lines. Only the short fields are decoded; the bodies share one buffer. Throws RangeError for an invalid
 * line.
 */
export function pendingEventsOf(outputs: Uint8Array): PendingEvent[] {
  const drafts: PendingEvent[] = [];
  const bodies = new Uint8Array(outputs.length);
  for (let start = 0, at = 0; start < outputs.length;) {
    const next = outputs.indexOf(LINE_BREAK, start);
    const end = next === -1 ? outputs.length : next;
    const draft = parsePendingEvent(outputs.subarray(start, end), bodies.subarray(at));
    drafts.push(draft);
    at += draft.body.length;
    start = end + 1;
  }
  return drafts;
}

/** Writes the body into `room`. It is shorter than its line: without partition and versions, with five more digits of time. */
function parsePendingEvent(line: Uint8Array, room: Uint8Array): PendingEvent {
  let metadata = 0;
  for (let n = 0; n < SHORT_FIELDS; n++) metadata = line.indexOf(TAB, metadata) + 1 || line.length;
  const data = line.indexOf(TAB, metadata) + 1;
  const short = decoder.decode(line.subarray(0, Math.max(0, metadata - 1)));
  const [, partition, eventId, type, caseId, timestamp, schemaVersion] = short.split("\t");
  const at = (timestamp ?? "").length < SHORTEST_TIME ? NaN : Date.parse(timestamp!);
  const json = [line.subarray(data), line.subarray(metadata, data - 1)];
  if (data === 0 || !json.every(isObjectBytes) || line.includes(TAB, data) || Number.isNaN(at)) {
    throw new RangeError("Cannot store a row that is no event");
  }
  const head = encoder.encodeInto(`${eventId}\t${type}\t${caseId}\t${at}`, room).written;
  const body = room.subarray(0, head + json[0]!.length + json[1]!.length + 2);
  body[head] = TAB;
  body.set(json[0]!, head + 1);
  body[head + 1 + json[0]!.length] = TAB;
  body.set(json[1]!, head + 2 + json[0]!.length);
  return {
    partition: Number(partition),
    eventId: eventId!,
    type: type!,
    caseId: caseId!,
    schemaVersion: Number(schemaVersion),
    body,
  };
}

function isObjectBytes(json: Uint8Array): boolean {
  return json[0] === BRACE && json.at(-1) === END_BRACE;
}

/** The payload of an event before its body. */
export function payloadPrefix(version: number): string {
  return `${version}\t`;
}

/** The fields of an event that its delivery needs, and the rest of it behind the version; undefined for what is no event. */
export function splitPayload(payload: Uint8Array) {
  const ends: number[] = [];
  for (let end = payload.indexOf(TAB); end !== -1; end = payload.indexOf(TAB, end + 1)) ends.push(end);
  const isWhole = ends.length === PAYLOAD_FIELDS - 1 && payload[ends[4]! + 1] === BRACE &&
    payload.at(-1) === END_BRACE && !payload.includes(LINE_BREAK);
  if (!isWhole) return undefined;
  const [version, eventId, type, caseId] = decoder.decode(payload.subarray(0, ends[3])).split("\t");
  if (!VERSION.test(version!)) return undefined;
  const rest = payload.subarray(ends[0]);
  return { version: Number(version), eventId: eventId!, type: type!, caseId: caseId!, rest };
}

/** Version, id, type, case, time, data and metadata. */
const PAYLOAD_FIELDS = 7;
const VERSION = /^[1-9]\d{0,8}$/;
