/** Events as messages: the payload is the end of a delivery line, so that reading one costs no parse. @module */
import { partitionOf } from "../../schema/partition.ts";
import type { WireEvent } from "../../schema/events.ts";
import { storeRow } from "../../schema/stored_event.ts";

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

export function draftOf(event: WireEvent, partitions: number): Draft {
  return draftOfRow(storeRow(event, partitionOf(event.correlation_id, partitions)));
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
  return `${position}\t${payload.slice(0, tab)}\t${attempt}\t${held ? 1 : 0}\t${recordedAt}${
    payload.slice(tab)
  }`;
}

/** What is looked at without parsing JSON. */
export interface Envelope {
  readonly version: number;
  readonly eventId: string;
  readonly type: string;
  readonly caseId: string;
}

export function envelopeOf({ payload }: Stored): Envelope {
  const [version, eventId, type, caseId] = payload.split("\t", 4) as [string, string, string, string];
  return { version: Number(version), eventId, type, caseId };
}

/** The data of a stored event, as JSON text. */
export function dataOf({ payload }: Stored): string {
  return payload.split("\t", 6)[5]!;
}
