/**
 * Input: how an event from outside becomes a stored one.
 *
 * Accepted as they stand: the brief's JSON (an envelope of `event_type`, `data` and what else there is) and the brief's
 * quick-start event (the bare data of an intake: `case_id`, `citizen_bsn`, `debt_amount`, `debt_type`), and a CloudEvent
 * (`cloudevents/cloud_event.ts`). What is missing gets a documented default:
 *
 * | missing | becomes |
 * |---|---|
 * | `event_id` | a new UUIDv7 (version 8 is the runtime's own, and refused) |
 * | `timestamp` | now (any offset is accepted and stored as UTC in milliseconds, from the year 2000 to 366 days ahead) |
 * | `correlation_id` | the `case_id`; another value is refused |
 * | `metadata.schema_version` | 1, the version the brief describes |
 * | `organization`, `intake_channel`, `priority` of an intake | `onbekend`, `online`, `normal` |
 *
 * A BSN that fails the eleven-test is a fact to be assessed: it is marked in `metadata.marks` for the intake's
 * assessment, and refused only under `strict`. So is a `case_id` that passes it, for it may be a BSN; one that is the
 * event's own BSN is always refused. A time before the first rule, more than five minutes ahead, or more than seven days
 * late is marked, also under `strict`: a backlog that is brought in has such times.
 *
 * Only types that are reported or judged come from outside (`authority/types_from_outside.ts`), and of the metadata only the
 * version and the trace: marks, source, cause and moment that a producer sends are dropped.
 * @module
 */
import { typesFromOutside } from "./authority/types_from_outside.ts";
import { digitsOf, isBsnLike, passesElevenTest } from "./bsn.ts";
import { fromCloudEvent, isCloudEvent } from "./cloudevents/cloud_event.ts";
import { defaultNames, type EventNames } from "./cloudevents/event_names.ts";
import { checkEvent, InvalidEvent, withTwoDecimals } from "./codec.ts";
import { FIRST_RULE_DAY } from "./event_fields.ts";
import { isEventType, type Metadata, type WireEvent } from "./events.ts";
import { UnknownKind } from "./evolution.ts";
import { isDerivedId, newRootId } from "./ids.ts";
import { decodeText, parseJsonText } from "./json_text.ts";
import { timeMarks } from "./time/moment.ts";

export interface InputOptions {
  /** Refuse a number that would otherwise be marked (see the header), and a CloudEvent outside the NL GOV profile. Default false. */
  strict?: boolean;
  /** What event types are called in CloudEvents. Default: the names of `cloudevents/event_names.ts`. */
  names?: EventNames | undefined;
  /** The time of an event that names none, and by which other times are judged. Default: the system clock. */
  now?: () => Date;
  /** The id of an event that names none. Default: a new UUIDv7. */
  newId?: () => string;
  /** Who sends it, for `metadata.source`. */
  source?: string;
  /** The trace of an event that names none, for `metadata.traceparent`. */
  traceparent?: string;
}

/** What a producer may hand over: an event with only what is known, or the bare data of an intake. */
export type EventInput = Partial<Omit<WireEvent, "metadata" | "data">> & {
  data?: Record<string, unknown>;
  metadata?: Partial<Metadata>;
  [field: string]: unknown;
};

/** An earlier time is a date that was never set, and one far ahead a typing error: no rule holds then. */
const EARLIEST = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;
const MAX_AHEAD_MS = 366 * DAY_MS;
/** More levels than any organisation sends. */
const MAX_DEPTH = 64;

/** Defaults of an intake. */
export const INTAKE_DEFAULTS = { organization: "onbekend", intake_channel: "online", priority: "normal" };

/** Validates an event from outside and completes it. Throws InvalidEvent, naming fields and rules, never values. */
export function readInput(input: unknown, options: InputOptions = {}): WireEvent {
  const envelope = asEnvelope(input, options);
  const type = envelope.event_type;
  if (typeof type !== "string" || !isEventType(type)) {
    throw new InvalidEvent([`event_type: must be one of ${typesFromOutside.join(", ")}`]);
  }
  if (!typesFromOutside.includes(type)) {
    const problem = `event_type: ${type} comes from the runtime alone, never from outside`;
    throw new InvalidEvent([problem], "not_allowed");
  }
  if (!isRecord(envelope.data)) throw new InvalidEvent(["data: must be an object"]);
  if (envelope.metadata !== undefined && !isRecord(envelope.metadata)) {
    throw new InvalidEvent(["metadata: must be an object"]);
  }
  const completed = completeEvent(envelope, options);
  requireStorable(completed);
  requireValid(completed);
  requireCaseIdOfItsOwn(completed);
  requireIdFromOutside(completed);
  const now = (options.now?.() ?? new Date()).getTime();
  return withTwoDecimals(withMarks(canonical(completed, now), now, options.strict ?? false));
}

/** The same for JSON text, or for the bytes of one. */
export function readInputText(text: string | Uint8Array, options: InputOptions = {}): WireEvent {
  return readInput(parseJsonText(typeof text === "string" ? text : decodeText(text)), options);
}

function asEnvelope(input: unknown, { names = defaultNames, strict = false }: InputOptions): EventInput {
  if (!isRecord(input)) throw new InvalidEvent(["an event must be a JSON object"]);
  if (isCloudEvent(input)) return fromCloudEvent(input, names, strict) as EventInput;
  const bare = !("event_type" in input) && !("data" in input) && "case_id" in input;
  return bare ? { event_type: "case.intake", data: input } : input as EventInput;
}

function completeEvent(envelope: EventInput, options: InputOptions): WireEvent {
  const data = envelope.event_type === "case.intake"
    ? { ...INTAKE_DEFAULTS, ...envelope.data }
    : envelope.data!;
  // What a producer says of itself and of causes is not believed: by them is told what the runtime itself made.
  const { source: _source, causation_id: _cause, moment: _moment, account: _account, ...said } =
    envelope.metadata ?? {};
  return {
    ...envelope,
    event_id: envelope.event_id ?? (options.newId ?? newRootId)(),
    timestamp: envelope.timestamp ?? (options.now?.() ?? new Date()).toISOString(),
    correlation_id: envelope.correlation_id ?? data.case_id as string,
    data,
    metadata: {
      schema_version: 1,
      ...(options.source === undefined ? {} : { source: options.source }),
      ...(options.traceparent === undefined ? {} : { traceparent: options.traceparent }),
      ...said,
    },
  } as WireEvent;
}

/** The ids of outputs are the runtime's alone: whoever could take one before it is stored would make it vanish. */
function requireIdFromOutside({ event_id }: WireEvent): void {
  if (!isDerivedId(event_id)) return;
  throw new InvalidEvent(["event_id: a UUID of version 8 is one that only the runtime gives"], "not_allowed");
}

/** Checks the event by its schema; a version of another program is refused as any other mistake. */
function requireValid(event: WireEvent): void {
  if (!Number.isInteger(event.metadata.schema_version)) {
    throw new InvalidEvent(["metadata.schema_version: must be a whole number"]);
  }
  try {
    checkEvent(event);
  } catch (error) {
    if (!(error instanceof UnknownKind)) throw error;
    throw new InvalidEvent(["metadata.schema_version: this program knows no such version of the event"]);
  }
}

function canonical(event: WireEvent, now: number): WireEvent {
  const timestamp = new Date(event.timestamp);
  if (!(timestamp.getTime() >= EARLIEST && timestamp.getTime() <= now + MAX_AHEAD_MS)) {
    throw new InvalidEvent(["timestamp: must lie between the year 2000 and 366 days from now"]);
  }
  return { ...event, event_id: event.event_id.toLowerCase(), timestamp: timestamp.toISOString() };
}

/**
 * Refuses what JSON allows and no text store can hold (NUL, half a surrogate pair), what a program can hand over and JSON
 * can't say (a BigInt, NaN), and nesting that would overflow the stack of a reader. Schemas do not check it: unknown fields
 * are kept as they are.
 */
function requireStorable(value: unknown, depth = 0, path = ""): void {
  if (!isJsonKind(value)) throw new InvalidEvent([`${path}: JSON has no such value: write it as text`]);
  if (depth > MAX_DEPTH) throw new InvalidEvent([`an event is nested at most ${MAX_DEPTH} levels deep`]);
  if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) {
    throw new InvalidEvent(["an event has no text with a NUL or half a surrogate pair in it"]);
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    requireStorable(name, depth);
    requireStorable(inner, depth + 1, path === "" ? name : `${path}.${name}`);
  }
}

/** A field that is undefined is left out. */
function isJsonKind(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return !["bigint", "function", "symbol"].includes(typeof value);
}

type Mark = NonNullable<Metadata["marks"]>[number];

const STRICT: Readonly<Partial<Record<Mark, string>>> = {
  bsn_fails_eleven_test: "data.citizen_bsn: fails the eleven-test",
  case_id_passes_eleven_test: "data.case_id: may be a BSN, it passes the eleven-test",
};

function withMarks(event: WireEvent, now: number, strict: boolean): WireEvent {
  const marks = [...numberMarks(event), ...marksOfTime(Date.parse(event.timestamp), now)];
  const problems = marks.flatMap((mark) => STRICT[mark] ?? []);
  if (strict && problems.length > 0) throw new InvalidEvent(problems);
  const { marks: _, ...metadata } = event.metadata;
  return { ...event, metadata: marks.length === 0 ? metadata : { ...metadata, marks } };
}

function marksOfTime(time: number, now: number): Mark[] {
  return time < Date.parse(FIRST_RULE_DAY)
    ? ["before_first_rule", ...timeMarks(time, now)]
    : timeMarks(time, now);
}

function numberMarks({ event_type, data }: WireEvent): Mark[] {
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
