/** Events as messages: the payload is the end of a delivery line, so that reading one costs no parse. @module */
import { partitionOf } from "../../schema/partition.ts";
import type { WireEvent } from "../../schema/events.ts";

/** An event that has no place yet: a store row, taken apart. */
export interface Draft {
  readonly partition: number;
  readonly eventId: string;
  readonly type: string;
  readonly caseId: string;
  readonly schemaVersion: number;
  /** event_id to metadata, as in a delivery line. */
  readonly body: string;
}

/** A stored event as a message brought it. */
export interface Stored {
  readonly position: number;
  readonly recordedAt: number;
  /** Version and body, separated by a tab. */
  readonly payload: string;
}

/** What separates the fields and lines of deliveries: no field can hold it. */
const SEPARATOR = /[\t\r\n]/;

/** The draft of an event. Throws RangeError for what is no event. */
export function draftOf(event: WireEvent, partitions: number): Draft {
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
    body: `${eventId}\t${type}\t${caseId}\t${at}\t${JSON.stringify(data)}\t${JSON.stringify(metadata)}`,
  };
}

/** The draft of a store row. Throws RangeError for what is no such row. */
export function draftOfRow(row: string): Draft {
  const [partition, eventId, type, caseId, timestamp, schemaVersion, metadata, data, ...more] = row.split(
    "\t",
  );
  const at = Date.parse(timestamp ?? "");
  if (!isObject(data) || !isObject(metadata) || more.length > 0 || Number.isNaN(at)) {
    throw new RangeError("Cannot store a row that is no event");
  }
  return {
    partition: Number(partition),
    eventId: eventId!,
    type: type!,
    caseId: caseId!,
    schemaVersion: Number(schemaVersion),
    body: `${eventId}\t${type}\t${caseId}\t${at}\t${data}\t${metadata}`,
  };
}

function isObject(json: string | undefined): boolean {
  return json !== undefined && json.startsWith("{") && json.endsWith("}");
}

/** The payload of an event. */
export function payloadOf({ body }: Draft, version: number): string {
  return `${version}\t${body}`;
}

/** A stored event as a delivery line. */
export function lineOf({ position, recordedAt, payload }: Stored, attempt: number, held: boolean): string {
  const tab = payload.indexOf("\t");
  const version = payload.slice(0, tab);
  return `${position}\t${version}\t${attempt}\t${held ? 1 : 0}\t${recordedAt}${payload.slice(tab)}`;
}

/** What is looked at without parsing JSON. */
export interface Envelope {
  readonly version: number;
  readonly eventId: string;
  readonly type: string;
  readonly caseId: string;
}

export function envelopeOf({ payload }: Stored): Envelope {
  const first = payload.indexOf("\t");
  const second = payload.indexOf("\t", first + 1);
  const third = payload.indexOf("\t", second + 1);
  return {
    version: Number(payload.slice(0, first)),
    eventId: payload.slice(first + 1, second),
    type: payload.slice(second + 1, third),
    caseId: payload.slice(third + 1, payload.indexOf("\t", third + 1)),
  };
}

/** The data of a stored event, as JSON text. */
export function dataOf({ payload }: Stored): string {
  return payload.split("\t", 6)[5]!;
}
