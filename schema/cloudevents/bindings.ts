/**
 * CloudEvents in messages with headers, over HTTP (1.0.2) and NATS (1.0.3): structured and batch by their content type, binary by
 * headers that begin with `ce-`. Pure.
 * @module
 */
import { InvalidEvent } from "../codec.ts";
import type { CloudEvent } from "./cloud_event.ts";

export const STRUCTURED = "application/cloudevents+json";
export const BATCH = "application/cloudevents-batch+json";
const PREFIX = "ce-";

/** The headers of a message, names in lower case. */
type MessageHeaders = Readonly<Record<string, string>>;

/**
 * What a message holds, as its JSON format has it: a binary one is put together, others are as they came. Throws InvalidEvent where
 * the content type promises what is not there.
 */
export function cloudEventsIn(headers: MessageHeaders, body: unknown): unknown {
  const mediaType = (headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  if (mediaType === BATCH) {
    if (Array.isArray(body) && body.every(saysSo)) return body;
    throw new InvalidEvent([`${BATCH}: must be an array of CloudEvents`]);
  }
  if (mediaType === STRUCTURED) {
    if (saysSo(body)) return body;
    throw new InvalidEvent([`${STRUCTURED}: must be a CloudEvent`]);
  }
  return `${PREFIX}specversion` in headers ? binaryEvent(headers, mediaType, body) : body;
}

function saysSo(value: unknown): boolean {
  return typeof value === "object" && value !== null && "specversion" in value;
}

function binaryEvent(headers: MessageHeaders, mediaType: string, data: unknown) {
  const attributes = Object.entries(headers).filter(([name]) => name.startsWith(PREFIX))
    .map(([name, value]) => [name.slice(PREFIX.length), decodeHeader(value)]);
  const content = mediaType === "" ? {} : { datacontenttype: mediaType };
  return { ...Object.fromEntries(attributes) as Record<string, unknown>, ...content, data };
}

/** The binding over HTTP: what is not printable ASCII is percent-encoded. */
function decodeHeader(value: string): string {
  try {
    return decodeURIComponent(value.replace(/^"(.*)"$/, "$1"));
  } catch {
    throw new InvalidEvent(["a header is not percent-encoded"]);
  }
}

/**
 * A message as the text of one in structured form, so that its headers need not be kept beside it; what is not binary as it is. The
 * text of the data stays as it was written.
 */
export function structuredText(headers: MessageHeaders, payload: string): string {
  if (!(`${PREFIX}specversion` in headers)) return payload;
  const { data: _, ...attributes } = binaryEvent(headers, headers["content-type"] ?? "", null);
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${payload}}`;
}

/** The headers of a CloudEvent in binary form; its data is the body. */
export function binaryHeaders({ data: _, datacontenttype, ...attributes }: CloudEvent): [string, string][] {
  return [
    ...Object.entries(attributes).map(([name, value]): [string, string] => [
      `${PREFIX}${name}`,
      encodeHeader(String(value)),
    ]),
    ["content-type", String(datacontenttype)],
  ];
}

/** Spaces, quotes, percent signs and everything beyond printable ASCII, as the binding says. */
function encodeHeader(value: string): string {
  return value.replace(/[^\x21\x23\x24\x26-\x7e]+/g, encodeURIComponent);
}
