/** An event as a message for others: a CloudEvent in binary mode, whose headers also say where the event is. Pure. @module */
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import type { EventSubjects } from "../../../schema/nats/events_stream.ts";
import type { FanOutOptions } from "../../fan_out.ts";

/** A message for the stream of the fan-out, without its expectation. */
export interface EventMessage {
  readonly subject: string;
  /** Header lines, each with its line break. */
  readonly headers: string;
  readonly payload: string;
}

/** The header by which the fan-out finds where it is. */
export const POSITION_HEADER = "ce-position";
export const ID_HEADER = "ce-id";

interface MessageContext extends Pick<FanOutOptions, "withhold"> {
  readonly subjects: EventSubjects;
  /** Of the store. */
  readonly source: string;
  /** The largest message that the server takes, headers included. */
  readonly maxPayload: number;
}

/** Room for the expectation, and for the lines that begin and end the headers. */
const HEADERS_ROOM = 128;

/** What can't be given to others goes as a message without data: everything else of the event is known, and its place in the order. */
export function eventMessageOf(
  context: MessageContext,
  { position, version, event, malformed }: StoredEvent,
  partition: number,
): EventMessage {
  const { subjects, source, maxPayload, withhold = (whole) => whole } = context;
  const { event_id, event_type: type, timestamp, metadata } = event;
  const { caseId, data } = withhold({ type, caseId: event.correlation_id, data: event.data });
  const payload = malformed === undefined ? JSON.stringify(data) : "";
  const headers = headerLines({
    "ce-specversion": "1.0",
    [ID_HEADER]: event_id,
    "ce-source": source,
    "ce-type": type,
    "ce-subject": caseId,
    "ce-time": timestamp,
    "ce-datacontenttype": "application/json",
    "ce-dataversion": `${metadata.schema_version}`,
    "ce-caseversion": `${version}`,
    [POSITION_HEADER]: `${position}`,
    ...(metadata.traceparent === undefined ? {} : { "ce-traceparent": metadata.traceparent }),
  });
  const subject = subjects.of(type, partition);
  if (malformed !== undefined) return withoutData(subject, headers, "malformed");
  const bytes = encoder.encode(payload).length + headers.length + HEADERS_ROOM;
  return bytes > maxPayload ? withoutData(subject, headers, "too_large") : { subject, headers, payload };
}

function withoutData(subject: string, headers: string, reason: "malformed" | "too_large"): EventMessage {
  return { subject, headers: `${headers}ce-dataleftout: ${reason}\r\n`, payload: "" };
}

const encoder = new TextEncoder();

function headerLines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([name, value]) => `${name}: ${headerValue(value)}\r\n`).join("");
}

/** What CloudEvents encode in headers: all but printable ASCII, spaces, quotes and the sign of the encoding itself. */
const ENCODED = /[^!#-$&-~]+/gu;

function headerValue(text: string): string {
  return text.replace(ENCODED, (part) => [...encoder.encode(part)].map(percent).join(""));
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
