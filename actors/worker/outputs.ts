/** Turns the result of a handler into what is stored: derived ids, causation, validation, encoding. @module */
import type { StoredTimerChange } from "../../backends/mailbox/mailbox.ts";
import { encodeData, InvalidEvent } from "../../schema/codec.ts";
import { type CaseEvent, eventTypes, isEventType } from "../../schema/events.ts";
import type { DerivedIds } from "../../schema/ids.ts";
import { momentOf, timeMarksOf } from "../../schema/time/moment.ts";
import { type DecodedEvent, storeRow } from "../../schema/delivery_line.ts";
import type { TraceContext } from "../../backends/tracing/trace_context.ts";
import { storedDraft } from "../forwarding/forwarded_event.ts";
import type { AnyProcessor, EventDraft, HandlerContext, HandlerResult, TimerChange } from "../processor.ts";

/** A handler returned something that is not a `Handled`. */
export class InvalidOutput extends Error {
  override name = "InvalidOutput";
}

/** What one delivery adds to its batch. */
export interface Outputs {
  readonly rows: readonly string[];
  readonly types: readonly string[];
  readonly timers: readonly StoredTimerChange[];
  /** What is counted beside the events: most deliveries have nothing. */
  readonly alarms?: readonly string[] | undefined;
}

/** The context of one delivery: everything in it follows from the event. */
export function contextOf(
  { event, version }: Pick<DecodedEvent, "event" | "version">,
  processor: string,
  idOf: DerivedIds,
): HandlerContext {
  let ids = 0;
  let random: (() => number) | undefined;
  return {
    now: momentOf(event),
    version,
    newId: () => idOf(event.event_id, Date.parse(event.timestamp), processor, 1_000_000 + ids++),
    random: () => (random ??= seededRandom(event.event_id))(),
  };
}

/** mulberry32, seeded by the text: small, and the same on every machine. */
function seededRandom(seed: string): () => number {
  let a = 0;
  for (let i = 0; i < seed.length; i++) a = Math.imul(a ^ seed.charCodeAt(i), 0x9e3779b1);
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Where outputs belong, how they get their ids, and the trace they carry: by default that of the input. */
export interface OutputSettings {
  readonly partition: number;
  readonly idOf: DerivedIds;
  readonly trace?: TraceContext | undefined;
}

/**
 * Encodes what a handler returned. An output came to be at the moment of its input, and one that a timer delivers when that is
 * due. It carries what is marked about the time of the input, and the trace of the settings, by default that of the input. Throws
 * InvalidOutput or InvalidEvent when it is not what it must be.
 */
export function encodeOutputs(
  handled: HandlerResult,
  input: CaseEvent,
  processor: AnyProcessor,
  { partition, idOf, trace = input.metadata }: OutputSettings,
): Outputs {
  requireHandled(handled);
  const { alarms } = handled;
  if (alarms !== undefined) requireDeclared(alarms, processor);
  const origin: Origin = { input, processor, partition, idOf, trace };
  const moment = momentOf(input);
  const marks = timeMarksOf(input);
  const rows: string[] = [];
  const types: string[] = [];
  handled.events.forEach((draft, index) => {
    rows.push(toRow(draft, origin, String(index), moment, marks));
    types.push(draft.to === undefined ? draft.event_type : "case.addressed");
  });
  const timers = (handled.timers ?? []).map((change) => toTimer(change, origin));
  return { rows, types, timers, alarms };
}

/** What an output comes from. */
interface Origin {
  readonly input: CaseEvent;
  readonly processor: AnyProcessor;
  readonly partition: number;
  readonly idOf: DerivedIds;
  readonly trace: TraceContext;
}

function requireHandled(handled: HandlerResult): void {
  if (typeof (handled as unknown as Promise<unknown>)?.then === "function") {
    // An unhandled rejection would end the worker.
    Promise.resolve(handled).catch(() => {});
    throw new InvalidOutput("A handler returned a promise: handlers are synchronous");
  }
  if (!Array.isArray(handled?.events) || !Array.isArray(handled.timers ?? [])) {
    throw new InvalidOutput("A handler must return { events: [...], timers?: [...] }");
  }
}

/** Only what a processor declares becomes a label of a metric. */
function requireDeclared(alarms: unknown, processor: AnyProcessor): void {
  if (Array.isArray(alarms) && alarms.every((alarm) => processor.alarms?.includes(alarm))) return;
  throw new InvalidOutput("A handler must raise alarms that its processor declares");
}

function toRow(
  draft: EventDraft,
  { input, processor, partition, idOf, trace: { traceparent, tracestate } }: Origin,
  index: string,
  timestamp: string,
  marks: ReturnType<typeof timeMarksOf> = [],
): string {
  if (!isEventType(draft?.event_type)) {
    throw new InvalidOutput("A handler emitted an event of an unknown type");
  }
  if (draft.to !== undefined) requireSendable(draft, input, processor);
  const own = storedDraft(draft, input.data.case_id);
  if (own.data?.case_id !== input.data.case_id) {
    throw new InvalidEvent(["data.case_id: an emitted event belongs to the case being handled"]);
  }
  return storeRow({
    event_id: idOf(input.event_id, Date.parse(input.timestamp), processor.name, index),
    event_type: own.event_type,
    timestamp,
    correlation_id: input.correlation_id,
    data: encodeData(own.event_type, own.data),
    metadata: {
      schema_version: eventTypes[own.event_type].version,
      causation_id: input.event_id,
      source: `${processor.name}@${processor.version}`,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(tracestate === undefined ? {} : { tracestate }),
      ...(marks.length === 0 ? {} : { marks: [...marks] }),
      moment: timestamp,
    },
  }, partition);
}

function requireSendable(
  { event_type, data, to }: EventDraft,
  { data: { case_id } }: CaseEvent,
  { sends }: AnyProcessor,
): void {
  if (!sends?.includes(event_type)) {
    throw new InvalidOutput("A handler must send to other cases what its processor declares");
  }
  if (data?.case_id !== to || to === case_id) {
    throw new InvalidEvent(["data.case_id: an event that is sent belongs to the other case it is sent to"]);
  }
}

function toTimer(change: TimerChange, origin: Origin): StoredTimerChange {
  requireTimer(change);
  const { processor, input } = origin;
  const key = { processor: processor.name, caseId: input.correlation_id, name: change.name };
  if (change.kind === "cancel") return { kind: "cancel", ...key };
  const at = timeOf(change.at);
  const row = toRow(change.event, origin, `timer/${change.name}`, at);
  return { kind: "set", ...key, at, row };
}

// deno-lint-ignore no-control-regex
const TIMER_NAME = /^[^\0-\x1f]{1,200}$/u;

function requireTimer(change: TimerChange | undefined): void {
  const known = change?.kind === "set" || change?.kind === "cancel";
  if (!known) throw new InvalidOutput('A timer change must be of kind "set" or "cancel"');
  if (typeof change.name !== "string" || !TIMER_NAME.test(change.name) || !change.name.isWellFormed()) {
    throw new InvalidOutput("A timer's name must be text of 1 to 200 characters");
  }
}

/** The time of a timer as every store takes it, in years of four digits. */
function timeOf(at: unknown): string {
  const time = typeof at === "string" ? Date.parse(at) : NaN;
  if (time >= 0 && time < LATEST) return new Date(time).toISOString();
  throw new InvalidOutput("A timer's time must be an ISO time from 1970 to 9999");
}

const LATEST = Date.UTC(10_000, 0);

/** Adds one for each of the names. */
export function countAll(counts: Map<string, number>, names: readonly string[]): void {
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The alarms of a result; nothing where none was raised, as nearly always. */
export function alarmsIn(counts: ReadonlyMap<string, number>): { alarms?: Record<string, number> } {
  return counts.size === 0 ? {} : { alarms: Object.fromEntries(counts) };
}
