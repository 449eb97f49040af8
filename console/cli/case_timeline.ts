/** The history of a case as a caseworker and a program see it: without personal data. @module */
import { NOT_SHOWN, shownData } from "../../actors/application.ts";
import type { AuditEntry } from "../../backends/dead_letters.ts";
import { parseTraceparent } from "../../backends/tracing/trace_context.ts";
import { maskCaseId } from "../../schema/bsn.ts";
import { dataWithTwoDecimals, withTwoDecimals } from "../../schema/codec.ts";
import { redact, toPrintable, toPrintableParts } from "./redaction.ts";
import type { Malformed, StoredEvent } from "../../schema/delivery_line.ts";
import type { WireEvent } from "../../schema/events.ts";
import { hasTwoTimes, marksOf } from "../../schema/time/moment.ts";

/**
 * The fields that are known to be shown, of data as JSON has it: amounts in euros, which get two decimals. In texts, nine
 * digits are masked. The `case_id` stays, without which nothing is found, unless it may be a BSN itself.
 */
export function withoutPersonalData(type: string, data: Record<string, unknown>): Record<string, unknown> {
  const { case_id, ...shown } = shownData(type, dataWithTwoDecimals(type, data));
  return { ...masked(shown) as Record<string, unknown>, ...(case_id === undefined ? {} : { case_id }) };
}

function masked(value: unknown): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map(masked);
  if (!isNested(value)) return value;
  // It was made for this: each of its fields is its own, and is set in place.
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) fields[name] = masked(fields[name]);
  return fields;
}

/**
 * A stored event as programs see it: without personal data, amounts with two decimals, an ISO time. Of what is no event, why
 * it is none; what is stored may be anybody's data.
 */
export function toPublicEvent({ position, version, recordedAt, event, malformed }: StoredEvent) {
  const { data, correlation_id, ...envelope } = event;
  const traceId = traceIdOf(event);
  return {
    position,
    version,
    recorded_at: new Date(recordedAt).toISOString(),
    ...shownMarks(event, recordedAt),
    ...(traceId === undefined ? {} : { trace_id: traceId }),
    ...(malformed === undefined ? {} : { malformed: describeMalformed(malformed) }),
    event: {
      ...envelope,
      correlation_id: maskCaseId(correlation_id),
      data: withoutPersonalData(event.event_type, data),
    },
  };
}

/** The same as it is stored, personal data included: for who has given a reason. */
export function toStoredEvent({ position, version, recordedAt, event, malformed }: StoredEvent) {
  return {
    position,
    version,
    recorded_at: new Date(recordedAt).toISOString(),
    ...(malformed === undefined ? {} : { malformed }),
    event: withTwoDecimals(event),
  };
}

/** What is marked about an event, where anything is. */
function shownMarks(event: WireEvent, recordedAt: number): { readonly marks?: readonly string[] } {
  const marks = marksOf(event, recordedAt);
  return marks.length === 0 ? {} : { marks };
}

/** The trace in which the event was made, to be looked up where traces are kept; undefined for one that was not traced. */
export function traceIdOf({ metadata }: WireEvent): string | undefined {
  return parseTraceparent(metadata?.traceparent)?.traceId;
}

function describeMalformed({ reason, raw }: Malformed): string {
  return `${reason}; ${NOT_SHOWN}: ${raw.length} characters that are no event`;
}

/** The timeline of a case: its events and the acts on it, in order of time; `personal`: as they are stored. */
export function renderCase(
  caseId: string,
  history: readonly StoredEvent[],
  audit: readonly AuditEntry[],
  personal = false,
): string {
  const lines = [
    ...history.map((stored) => ({
      at: stored.recordedAt,
      text: renderEvent(toPrintableParts(stored), personal),
    })),
    ...audit.map((entry) => ({ at: Date.parse(entry.at), text: renderAuditEntry(toPrintableParts(entry)) })),
  ].sort((a, b) => a.at - b.at);
  return [
    `Case ${toPrintable(personal ? caseId : maskCaseId(caseId), Infinity)}`,
    ...lines.map(({ text }) => text),
  ].join("\n");
}

/** When an event was stored, where that is another time than its own: what it started counts from when it was stored. */
function recordedLine({ event, recordedAt }: StoredEvent): string[] {
  if (!hasTwoTimes(event.timestamp, recordedAt)) return [];
  return [`    recorded: ${new Date(recordedAt).toISOString()}`];
}

function renderEvent(stored: StoredEvent, personal: boolean): string {
  const { version, event, recordedAt, malformed } = stored;
  const { causation_id, source, account } = event.metadata;
  const marks = marksOf(event, recordedAt);
  const hand = account === undefined ? "" : ` (account ${account})`;
  const by = source === undefined ? "" : ` by ${source}${hand}`;
  const because = causation_id === undefined ? "" : ` because of ${causation_id}`;
  const head = `${event.timestamp}  ${version}. ${event.event_type}  ${event.event_id}${by}${because}`;
  const traceId = traceIdOf(event);
  const traced = traceId === undefined ? [] : [`    trace: ${traceId}`];
  const marked = marks.length === 0 ? [] : [`    marks: ${marks.join(", ")}`];
  return [
    head,
    ...recordedLine(stored),
    ...(malformed === undefined ? [] : [`    not an event: ${describeMalformed(malformed)}`]),
    ...renderFields(personal ? event.data : withoutPersonalData(event.event_type, event.data), 4),
    ...marked,
    ...traced,
  ].join("\n");
}

function renderFields(data: Record<string, unknown>, indent: number): string[] {
  return Object.entries(data).filter(([name]) => name !== "case_id").flatMap(([name, value]) =>
    renderField(name, value, indent)
  );
}

function renderField(name: string, value: unknown, indent: number): string[] {
  const pad = " ".repeat(indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return [];
    return [`${pad}${name}:`, ...value.map((item) => `${pad}  - ${plain(item)}`)];
  }
  if (isNested(value)) {
    return [`${pad}${name}:`, ...renderFields(value, indent + 2)];
  }
  return [`${pad}${name}: ${plain(value)}`];
}

/** An amount is an object too (`JSON.rawJSON`), and one value all the same. */
function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !JSON.isRawJSON(value);
}

function plain(value: unknown): string {
  if (!isNested(value)) return JSON.isRawJSON(value) ? JSON.stringify(value) : String(value);
  return Object.entries(value).map(([name, inner]) => `${name} ${plain(inner)}`).join(", ");
}

function renderAuditEntry({ at, act, by, why, processor }: AuditEntry): string {
  return `${at}  *  ${act}${processor === undefined ? "" : ` at ${processor}`} by ${by}: ${why}`;
}
