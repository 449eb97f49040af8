/**
 * Our events as CloudEvents 1.0 and back, by one table:
 *
 * | attribute | goes out | comes in |
 * |---|---|---|
 * | `id` | `event_id` | `event_id`; one that is no UUID gives the same UUID each time, by source and id |
 * | `source` | of the configuration | with the id |
 * | `type` | the configured name, with the version of the data | `event_type`, `metadata.schema_version` |
 * | `subject` | the `case_id`, masked where it may be a BSN | the `case_id`, where the data has none; another one is refused |
 * | `time` | when it was recorded | `timestamp`, where there is no `occurredat` |
 * | `occurredat` | `timestamp`: when it happened | `timestamp` |
 * | `datacontenttype` | `application/json` | must be JSON |
 * | `dataschema` | where its schema is served | - |
 * | `sequence` | the position, with leading zeros, so that it sorts as text | - |
 * | `caseversion` | the version of the case | - |
 * | `causationid` | `metadata.causation_id` | not believed |
 * | `traceparent`, `tracestate` | of `metadata` | of `metadata` |
 * | `data` | `data`, as it may be shown | `data` |
 *
 * The NL GOV profile says of `time` that it is when an event was recorded, and should not be when it happened.
 * @module
 */
import { maskCaseId } from "../bsn.ts";
import { InvalidEvent } from "../codec.ts";
import type { StoredEvent } from "../delivery_line.ts";
import { isDerivedId, reproducibleRootId } from "../ids.ts";
import { decodeText, parseJsonText } from "../json_text.ts";
import { cloudEventFaults, profileFaults } from "./attribute_faults.ts";
import type { EventNames } from "./event_names.ts";

/** A CloudEvent, as its JSON format has it. */
export interface CloudEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data?: Record<string, unknown>;
  readonly [attribute: string]: unknown;
}

interface Row {
  readonly attribute: string;
  readonly of: (stored: StoredEvent, names: EventNames) => string | number | undefined;
}

/** Digits of the greatest position. */
const POSITION_DIGITS = 16;

const table: readonly Row[] = [
  { attribute: "specversion", of: () => "1.0" },
  { attribute: "id", of: ({ event }) => event.event_id },
  { attribute: "source", of: (_, names) => names.source },
  {
    attribute: "type",
    of: ({ event }, names) => names.nameOf(event.event_type, event.metadata.schema_version),
  },
  { attribute: "subject", of: ({ event }) => maskCaseId(event.correlation_id) },
  { attribute: "time", of: ({ recordedAt }) => new Date(recordedAt).toISOString() },
  { attribute: "occurredat", of: ({ event }) => event.timestamp },
  { attribute: "datacontenttype", of: () => "application/json" },
  {
    attribute: "dataschema",
    of: ({ event }, names) => names.schemaOf(event.event_type, event.metadata.schema_version),
  },
  { attribute: "sequence", of: ({ position }) => String(position).padStart(POSITION_DIGITS, "0") },
  { attribute: "caseversion", of: ({ version }) => version },
  { attribute: "causationid", of: ({ event }) => event.metadata.causation_id },
  { attribute: "traceparent", of: ({ event }) => event.metadata.traceparent },
  { attribute: "tracestate", of: ({ event }) => event.metadata.tracestate || undefined },
];

/** A stored event as a CloudEvent, with as much of its data as may leave. */
export function toCloudEvent(
  stored: StoredEvent,
  data: Record<string, unknown>,
  names: EventNames,
): CloudEvent {
  const filled = table.map(({ attribute, of }) => [attribute, of(stored, names)] as const);
  return { ...Object.fromEntries(filled.filter(([, value]) => value !== undefined)), data } as CloudEvent;
}

/** True for what says of itself that it is a CloudEvent. */
export function isCloudEvent(input: Readonly<Record<string, unknown>>): boolean {
  return "specversion" in input;
}

/**
 * The envelope that a CloudEvent stands for, to be read as any other input. `strict`: by the NL GOV profile. Throws InvalidEvent,
 * naming attributes and rules, never values.
 */
export function fromCloudEvent(
  input: Readonly<Record<string, unknown>>,
  names: EventNames,
  strict: boolean,
): Record<string, unknown> {
  // The JSON format: null is an attribute that is not there.
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
  const faults = [...cloudEventFaults(given), ...(strict ? profileFaults(given) : [])];
  if (faults.length > 0) throw new InvalidEvent(faults);
  const named = names.typeOf(String(given.type));
  if (named === undefined) {
    throw new InvalidEvent(["type: is none of this installation: `types --json` lists them"]);
  }
  const { time, occurredat = time, traceparent, tracestate } = given;
  return {
    event_id: eventIdOf(given),
    event_type: named.type,
    data: withCaseId(dataOf(given), given.subject),
    ...(occurredat === undefined ? {} : { timestamp: occurredat }),
    metadata: {
      schema_version: named.version,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(tracestate === undefined ? {} : { tracestate }),
    },
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-7][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** A UUID is kept; anything else is made one, by what tells a CloudEvent from all others: source and id. */
function eventIdOf({ id, source, time }: Readonly<Record<string, unknown>>): string {
  const text = String(id);
  if (UUID.test(text) && !isDerivedId(text)) return text.toLowerCase();
  const at = time === undefined ? 0 : Math.max(0, Date.parse(String(time)));
  return reproducibleRootId(at, "cloudevent", String(source), text);
}

function dataOf({ data, data_base64 }: Readonly<Record<string, unknown>>): unknown {
  if (data_base64 === undefined) return data;
  try {
    return parseJsonText(decodeText(Uint8Array.fromBase64(String(data_base64))));
  } catch (error) {
    if (error instanceof InvalidEvent) throw error;
    throw new InvalidEvent(["data_base64: must be base64"]);
  }
}

/** The data with the case that the subject names. Throws InvalidEvent where they name two. */
function withCaseId(data: unknown, subject: unknown): unknown {
  if (subject === undefined || typeof data !== "object" || data === null || Array.isArray(data)) return data;
  const { case_id = subject } = data as Record<string, unknown>;
  if (case_id !== subject) throw new InvalidEvent(["subject: must be the case_id of the data"]);
  return { ...data, case_id };
}
