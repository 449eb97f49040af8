/** Stored events, and the line of text by which stores, supervisor and workers exchange them as bytes. @module */
import type { CaseEvent, WireEvent } from "./events.ts";

/** Where and when a store put an event. */
export interface Placement {
  /** Strictly increasing within a partition; the cursor of mailboxes and replays. */
  readonly position: number;
  /** 1 for the first event of a case, then one more each: the version of the case after this event. */
  readonly version: number;
  /** By the store's clock, in milliseconds since 1970. */
  readonly recordedAt: number;
}

/** A fact in the store, undecoded. */
export interface StoredEvent extends Placement {
  /** As far as it can be read, where `malformed` is set. */
  readonly event: WireEvent;
  /** Set for what is no event: written past every door by other hands. */
  readonly malformed?: Malformed;
}

/** What the store holds where an event should be. */
export interface Malformed {
  /** Why it can't be read, without its values. */
  readonly reason: string;
  /** What is stored, as text. */
  readonly raw: string;
}

/** A fact in the store, upcast to the current version and decoded. */
export interface DecodedEvent<E extends CaseEvent = CaseEvent> extends Placement {
  readonly event: E;
}

/** A stored event on its way to a processor. */
export interface Delivery extends StoredEvent {
  /** Counts from 1. */
  readonly attempt: number;
  /** An earlier delivery of the case is parked, so that this one must wait. */
  readonly held: boolean;
}

/**
 * A delivery as a line of text, its fields separated by tabs:
 * position, version, attempt, held (0 or 1), recorded_at, event_id, event_type, case_id, timestamp, data, metadata.
 * Times are milliseconds since 1970; data and metadata are JSON. Stores write these lines, workers read them, and the
 * supervisor's thread only passes them on. No field can hold a raw tab or line break: JSON escapes them and a case_id
 * has no control characters. (Against one JSON text a line: half the time in the database, a third less in the worker.)
 */
export function deliveryLine({ position, version, attempt, held, recordedAt, event }: Delivery): string {
  const data = JSON.stringify(event.data);
  const metadata = JSON.stringify(event.metadata);
  return `${position}\t${version}\t${attempt}\t${
    held ? 1 : 0
  }\t${recordedAt}\t${event.event_id}\t${event.event_type}\t${event.correlation_id}\t${
    Date.parse(event.timestamp)
  }\t${data}\t${metadata}`;
}

/** The same delivery, held behind an earlier one of its case. */
export function heldLine(line: string): string {
  return line.replace(/^((?:[^\t]*\t){3})0/, "$11");
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Lines as bytes. */
export function encodeLines(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  return encoder.encode(lines.join("\n"));
}

/** The lines of these bytes. */
export function decodeLines(bytes: Uint8Array): string[] {
  return bytes.length === 0 ? [] : decoder.decode(bytes).split("\n");
}

/**
 * Reads one delivery line. The event's timestamp comes out as UTC in milliseconds. Never throws: what is no event comes out
 * as malformed, so that it fails its own delivery and no other.
 */
export function parseLine(line: string): Delivery {
  const field = line.split("\t") as [string, ...string[]];
  try {
    return parseFields(field);
  } catch {
    return malformedDelivery(field);
  }
}

const FIELDS = 11;

function parseFields(field: readonly [string, ...string[]]): Delivery {
  if (field.length !== FIELDS) throw new SyntaxError("Not a delivery line");
  const data = JSON.parse(field[9]!);
  requireObject(data);
  // A slice of a string keeps the whole string in memory. The case id is cached for long, so it must not be a slice.
  const caseId = data.case_id === field[7] ? data.case_id : field[7]!;
  return {
    position: Number(field[0]),
    version: Number(field[1]),
    attempt: Number(field[2]),
    held: field[3] === "1",
    recordedAt: Number(field[4]),
    event: {
      event_id: field[5]!,
      event_type: field[6]!,
      timestamp: isoTime(Number(field[8])),
      correlation_id: caseId,
      data,
      metadata: readMetadata(field[10]!),
    },
  };
}

function requireObject(value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("Not an object");
  }
}

/** The fields of a line that say where the event is; the others are the event. */
const PLACEMENT_FIELDS = 5;
const NO_METADATA = Object.freeze({ schema_version: 0 });

/** A delivery of as much as can be read. */
function malformedDelivery(field: readonly string[]): Delivery {
  const [position, version, attempt, held, recordedAt, eventId = "", type = "", caseId = ""] = field;
  const at = numberOr(0, recordedAt);
  return {
    position: numberOr(0, position),
    version: numberOr(0, version),
    attempt: numberOr(1, attempt),
    held: held === "1",
    recordedAt: at,
    event: {
      event_id: eventId,
      event_type: type,
      timestamp: isoTime(at),
      correlation_id: caseId,
      data: {},
      metadata: NO_METADATA,
    },
    malformed: { reason: problemOf(field), raw: field.slice(PLACEMENT_FIELDS).join("\t") },
  };
}

function problemOf(field: readonly string[]): string {
  if (field.length !== FIELDS) return `what is stored has ${field.length} fields instead of ${FIELDS}`;
  const [data, metadata] = field.slice(-2) as [string, string];
  if (!isObjectText(data)) return "data: is not a JSON object";
  if (!isObjectText(metadata)) return "metadata: is not a JSON object";
  return "timestamp: is not a date";
}

function isObjectText(text: string): boolean {
  try {
    requireObject(JSON.parse(text));
    return true;
  } catch {
    return false;
  }
}

/** The last moment that a date can be; any position is less. */
const LAST_TIME = 8.64e15;

function numberOr(otherwise: number, text = ""): number {
  const number = Number(text);
  return text !== "" && Math.abs(number) <= LAST_TIME ? Math.trunc(number) : otherwise;
}

/** The day of the last timestamp, cached: consecutive events are mostly of one day. */
let lastDay = { number: NaN, date: "" };

/** As toISOString, in a tenth of its time. Throws for what is no whole number of milliseconds. */
function isoTime(time: number): string {
  if (!Number.isInteger(time)) throw new RangeError("Not a date");
  const number = Math.floor(time / DAY);
  if (number !== lastDay.number) lastDay = { number, date: new Date(time).toISOString().slice(0, -13) };
  const seconds = Math.floor((time - number * DAY) / 1000);
  const [hour, minute] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const millis = String(time - number * DAY - seconds * 1000).padStart(3, "0");
  return `${lastDay.date}${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[seconds % 60]}.${millis}Z`;
}

const DAY = 86_400_000;
const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, "0"));

/** The last metadata, cached: events from outside mostly have the same. */
let lastMetadata = { text: "", metadata: {} as WireEvent["metadata"] };

function readMetadata(text: string): WireEvent["metadata"] {
  if (text !== lastMetadata.text) {
    const metadata = JSON.parse(text) as WireEvent["metadata"];
    requireObject(metadata);
    lastMetadata = { text, metadata: Object.freeze(metadata) };
  }
  return lastMetadata.metadata;
}

/** Reads one delivery line as a stored event. */
export function parseStoredLine(line: string): StoredEvent {
  const { attempt: _attempt, held: _held, ...stored } = parseLine(line);
  return stored;
}

/**
 * An event on its way into a store as a line of text, its fields separated by tabs:
 * partition, event_id, event_type, case_id, timestamp (ISO), schema_version, metadata, data. The longest comes last: the
 * database searches for a field from the start of the line.
 */
export function storeRow(event: WireEvent, partition: number): string {
  const { event_id, event_type, timestamp, correlation_id, data, metadata } = event;
  return `${partition}\t${event_id}\t${event_type}\t${correlation_id}\t${timestamp}\t${metadata.schema_version}\t${
    JSON.stringify(metadata)
  }\t${JSON.stringify(data)}`;
}

/** A store row as an output: preceded by the version of its case that it will be, and a tab. */
export function outputLine(row: string, version: number): string {
  return `${version}\t${row}`;
}

/** The store rows of outputs. */
export function rowsOf(outputs: Uint8Array): string[] {
  return decodeLines(outputs).map((line) => line.slice(line.indexOf("\t") + 1));
}

/** Reads a store row. */
export function parseRow(row: string): { partition: number; event: WireEvent } {
  const [partition, event_id, event_type, correlation_id, timestamp, , metadata, data] = row.split("\t") as [
    ...[string, string, string, string, string, string, string, string],
  ];
  const body = { data: JSON.parse(data), metadata: JSON.parse(metadata) };
  return {
    partition: Number(partition),
    event: { event_id, event_type, timestamp, correlation_id, ...body },
  };
}
