/**
 * Input: how an event from outside becomes a stored one.
 *
 * Accepted as they stand: the brief's JSON (an envelope of `event_type`, `data` and what else there is) and the brief's
 * quick-start event (the bare data of an intake: `case_id`, `citizen_bsn`, `debt_amount`, `debt_type`). What is missing
 * gets a documented default:
 *
 * | missing | becomes |
 * |---|---|
 * | `event_id` | a new UUIDv7 |
 * | `timestamp` | now (any offset is accepted and stored as UTC in milliseconds) |
 * | `correlation_id` | the `case_id`; another value is refused |
 * | `metadata.schema_version` | 1, the version the brief describes |
 * | `organization`, `intake_channel`, `priority` of an intake | `onbekend`, `online`, `normal` |
 *
 * A BSN that fails the eleven-test is a fact to be assessed: it is marked in `metadata.marks` for the intake's
 * assessment, and refused only under `strict`. So is a `case_id` that passes it, for it may be a BSN; one that is the
 * event's own BSN is always refused.
 * @module
 */
import { digitsOf, isBsnLike, passesElevenTest } from "./bsn.ts";
import { checkEvent, InvalidEvent, withTwoDecimals } from "./codec.ts";
import { allEventTypes, isEventType, type Metadata, type WireEvent } from "./events.ts";
import { newRootId } from "./ids.ts";

export interface InputOptions {
  /** Refuse what would otherwise be marked (see the header). Default false. */
  strict?: boolean;
  /** The time of an event that names none. Default: the system clock. */
  now?: () => Date;
  /** The id of an event that names none. Default: a new UUIDv7. */
  newId?: () => string;
  /** Who sends it, for `metadata.source`. */
  source?: string;
}

/** What a producer may hand over: an event with only what is known, or the bare data of an intake. */
export type EventInput = Partial<Omit<WireEvent, "metadata" | "data">> & {
  data?: Record<string, unknown>;
  metadata?: Partial<Metadata>;
  [field: string]: unknown;
};

/** The end of the year 9999: ISO times and stores agree on how to write it. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** More levels than any organisation sends. */
const MAX_DEPTH = 64;

/** Defaults of an intake. */
export const INTAKE_DEFAULTS = { organization: "onbekend", intake_channel: "online", priority: "normal" };

/** Validates an event from outside and completes it. Throws InvalidEvent, naming fields and rules, never values. */
export function readInput(input: unknown, options: InputOptions = {}): WireEvent {
  const envelope = asEnvelope(input);
  const type = envelope.event_type;
  if (typeof type !== "string" || !isEventType(type)) {
    throw new InvalidEvent([`event_type: must be one of ${allEventTypes.join(", ")}`]);
  }
  if (!isRecord(envelope.data)) throw new InvalidEvent(["data: must be an object"]);
  if (envelope.metadata !== undefined && !isRecord(envelope.metadata)) {
    throw new InvalidEvent(["metadata: must be an object"]);
  }
  const completed = completeEvent(envelope, options);
  requireStorable(completed);
  checkEvent(completed);
  requireCaseIdOfItsOwn(completed);
  return withTwoDecimals(withMarks(canonical(completed), options.strict ?? false));
}

/** The same for JSON text. */
export function readInputText(text: string, options: InputOptions = {}): WireEvent {
  return readInput(parseJson(text), options);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the text.
    throw new InvalidEvent(["not a JSON value"], "not_json");
  }
}

function asEnvelope(input: unknown): EventInput {
  if (!isRecord(input)) throw new InvalidEvent(["an event must be a JSON object"]);
  const bare = !("event_type" in input) && !("data" in input) && "case_id" in input;
  return bare ? { event_type: "case.intake", data: input } : input as EventInput;
}

function completeEvent(envelope: EventInput, options: InputOptions): WireEvent {
  const data = envelope.event_type === "case.intake"
    ? { ...INTAKE_DEFAULTS, ...envelope.data }
    : envelope.data!;
  return {
    ...envelope,
    event_id: envelope.event_id ?? (options.newId ?? newRootId)(),
    timestamp: envelope.timestamp ?? (options.now?.() ?? new Date()).toISOString(),
    correlation_id: envelope.correlation_id ?? data.case_id as string,
    data,
    metadata: {
      schema_version: 1,
      ...(options.source === undefined ? {} : { source: options.source }),
      ...envelope.metadata,
    },
  } as WireEvent;
}

function canonical(event: WireEvent): WireEvent {
  const timestamp = new Date(event.timestamp);
  if (!(timestamp.getTime() >= 0 && timestamp.getTime() <= LATEST)) {
    throw new InvalidEvent(["timestamp: must lie between the years 1970 and 9999"]);
  }
  return { ...event, event_id: event.event_id.toLowerCase(), timestamp: timestamp.toISOString() };
}

/**
 * Refuses what JSON allows and no text store can hold (NUL, half a surrogate pair), and nesting that would overflow the
 * stack of a reader. Schemas do not check it: unknown fields are kept as they are.
 */
function requireStorable(value: unknown, depth = 0): void {
  if (depth > MAX_DEPTH) throw new InvalidEvent([`an event is nested at most ${MAX_DEPTH} levels deep`]);
  if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) {
    throw new InvalidEvent(["an event has no text with a NUL or half a surrogate pair in it"]);
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    requireStorable(name, depth);
    requireStorable(inner, depth + 1);
  }
}

type Mark = NonNullable<Metadata["marks"]>[number];

const STRICT: Readonly<Record<Mark, string>> = {
  bsn_fails_eleven_test: "data.citizen_bsn: fails the eleven-test",
  case_id_passes_eleven_test: "data.case_id: may be a BSN, it passes the eleven-test",
};

function withMarks(event: WireEvent, strict: boolean): WireEvent {
  const found = marksOf(event);
  if (found.length === 0) return event;
  if (strict) throw new InvalidEvent(found.map((mark) => STRICT[mark]));
  const { marks: present = [], ...metadata } = event.metadata;
  return { ...event, metadata: { ...metadata, marks: [...new Set([...present, ...found])] } };
}

function marksOf({ event_type, data }: WireEvent): Mark[] {
  const marks: Mark[] = [];
  if (event_type === "case.intake" && !passesElevenTest(String(data.citizen_bsn))) {
    marks.push("bsn_fails_eleven_test");
  }
  if (isBsnLike(String(data.case_id))) marks.push("case_id_passes_eleven_test");
  return marks;
}

/** A case_id stands in lists, logs and subjects, where a citizen's number must not. */
function requireCaseIdOfItsOwn({ data: { case_id, citizen_bsn } }: WireEvent): void {
  if (citizen_bsn === undefined || digitsOf(String(case_id)) !== citizen_bsn) return;
  throw new InvalidEvent(["data.case_id: is the citizen_bsn; give the case an id of its own"]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
