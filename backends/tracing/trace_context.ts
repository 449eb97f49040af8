/** W3C trace context: which trace an event belongs to, as its metadata says it. It is no part of the fact. @module */

/** As events carry it. */
export interface TraceContext {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** What a traceparent says. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1;

/** The ids of a traceparent. A producer may send any text there: what is none comes out as undefined. */
export function parseTraceparent(text: string | undefined): SpanIds | undefined {
  const found = text === undefined ? null : TRACEPARENT.exec(text);
  if (found === null) return undefined;
  const [, traceId, spanId, flags] = found as unknown as [string, string, string, string];
  return { traceId: ownHex(traceId), spanId: ownHex(spanId), traceFlags: Number.parseInt(flags, 16) };
}

/**
 * The same digits as a string of their own. A part of a line with a character beyond Latin-1 (a euro sign) has two bytes a
 * character; Deno 2.9 drops a link with such an id, and refuses it as a parent.
 */
function ownHex(digits: string): string {
  return BigInt(`0x${digits}`).toString(16).padStart(digits.length, "0");
}

/** The traceparent of a span. */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanIds): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** Whether whoever began the trace keeps it. */
export function isSampled(ids: Pick<SpanIds, "traceFlags"> | undefined): boolean {
  return ids !== undefined && (ids.traceFlags & SAMPLED) === SAMPLED;
}

/** The same of a traceparent, without reading its ids. */
export function saysSampled(traceparent: string | undefined): boolean {
  return traceparent !== undefined && (Number.parseInt(traceparent.slice(-1), 16) & SAMPLED) === SAMPLED;
}

const IN_METADATA = /"traceparent":"([^"\\]*)"/;

/** The context in which the event of a delivery line was made. Its metadata is not parsed: it is the last field. */
export function originOfLine(line: string): SpanIds | undefined {
  return parseTraceparent(IN_METADATA.exec(line.slice(line.lastIndexOf("\t") + 1))?.[1]);
}
