/** From stored JSON to typed events and back: one parse on the way in, one stringify on the way out. @module */
import type { z } from "zod";
import { type DataForms, dataForms } from "./compiled_schemas.ts";
import { type CaseEvent, type EventType, eventTypes, isEventType, type WireEvent } from "./events.ts";
import { caseEvolution, type EventKind, type Evolution, UnknownKind } from "./evolution.ts";
import { type Cents, hasWholeCents, MAX_CENTS, writtenAmount } from "./money.ts";

/** An event that its schema refuses. The message names fields and rules and never repeats a value. */
export class InvalidEvent extends Error {
  override name = "InvalidEvent";
  constructor(
    readonly problems: readonly string[],
    /** What is refused: bytes that are no text, text that is no JSON, JSON that is no event, or what only the runtime sends. */
    readonly refusalClass: "not_text" | "not_json" | "invalid" | "not_allowed" = "invalid",
  ) {
    super(`Invalid event: ${problems.join("; ")}`);
  }
}

/** One problem a line: the field's path and the rule it breaks. Values stay out: they may be personal data. */
function describeIssues(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
}

/** An event from outside: envelope, metadata and data are checked. Throws UnknownKind or InvalidEvent. */
export function checkEvent(wire: WireEvent, evolve: Evolution = caseEvolution): CaseEvent {
  const schema = eventTypes[wire.event_type as EventType]?.schema;
  const data = schema === undefined ? wire.data : upcastData(wire, evolve);
  const parsed = schema?.safeParse({ ...wire, data });
  if (parsed === undefined) throw new UnknownKind(kindOf(wire));
  if (!parsed.success) throw new InvalidEvent(describeIssues(parsed.error));
  requireOwnCase(parsed.data as CaseEvent);
  return parsed.data as CaseEvent;
}

/**
 * Upcasts and decodes an event of the store, whose envelope the store itself vouches for: only the data is checked,
 * which upcasting may have changed. Throws UnknownKind or InvalidEvent.
 */
export function decodeEvent(wire: WireEvent, evolve: Evolution = caseEvolution): CaseEvent {
  const data = upcastData(wire, evolve);
  const parsed = dataForms(wire.event_type as EventType).decode(data);
  if (!parsed.success) throw invalidData(parsed.error);
  const { event_id, event_type, timestamp, correlation_id, metadata } = wire;
  const event = { event_id, event_type, timestamp, correlation_id, data: parsed.data, metadata } as CaseEvent;
  requireOwnCase(event);
  return event;
}

function kindOf(wire: WireEvent): EventKind {
  return { type: wire.event_type, version: wire.metadata.schema_version };
}

function upcastData(wire: WireEvent, evolve: Evolution): Record<string, unknown> {
  return evolve.upcast(kindOf(wire), wire.data);
}

function requireOwnCase(event: CaseEvent): void {
  if (event.correlation_id !== event.data.case_id) {
    throw new InvalidEvent(["correlation_id: must be the case_id of the data"]);
  }
}

function invalidData(error: z.ZodError): InvalidEvent {
  return new InvalidEvent(describeIssues(error).map((problem) => `data.${problem}`));
}

/**
 * Decodes an event that was validated when it was stored: upcasts, and turns euros into cents, without checking
 * everything again. For the history of a case, where a fifth of a worker's time went into checking.
 */
export function decodeStored(wire: WireEvent, evolve: Evolution = caseEvolution): CaseEvent {
  const data = upcastData(wire, evolve);
  return { ...wire, data: mapAmounts(data, moneyMaps[wire.event_type]!, toCents) } as unknown as CaseEvent;
}

function toCents(euros: number): unknown {
  return Math.round(euros * 100);
}

/** What is no amount (it was refused, or never checked) is left as it is. */
function toText(euros: number): unknown {
  const isAmount = euros >= 0 && euros <= MAX_CENTS / 100 && hasWholeCents(euros);
  return isAmount ? writtenAmount(Math.round(euros * 100) as Cents) : euros;
}

/** Where the amounts of an object are: `true` for an amount, a map for an object that holds some or a list of such. */
type MoneyMap = { [field: string]: true | MoneyMap };

/** The amounts of each type, derived from the schemas once. */
const moneyMaps: Record<string, MoneyMap> = Object.fromEntries(
  Object.entries(eventTypes).map(([type, { schema }]) => [type, moneyMap(schema.shape.data) as MoneyMap]),
);

function moneyMap(schema: z.ZodType): true | MoneyMap | undefined {
  const def = schema.def as {
    type: string;
    innerType?: z.ZodType;
    element?: z.ZodType;
    shape?: Record<string, z.ZodType>;
  };
  if (def.type === "optional") return moneyMap(def.innerType!);
  if (def.type === "array") return moneyMap(def.element!);
  if (def.type === "pipe") return true;
  if (def.type !== "object") return undefined;
  const found = Object.entries(def.shape!).map(([field, inner]) => [field, moneyMap(inner)] as const);
  const holding = found.filter(([, inner]) => inner !== undefined);
  return holding.length === 0 ? undefined : Object.fromEntries(holding) as MoneyMap;
}

/** The wire form of a decoded event, amounts with exactly two decimals. Throws InvalidEvent for data its schema refuses. */
export function encodeEvent(event: CaseEvent): WireEvent {
  return { ...event, data: encodeData(event.event_type, event.data) } as WireEvent;
}

/** The same for data alone. */
export function encodeData(type: EventType, data: CaseEvent["data"]): Record<string, unknown> {
  const forms = dataForms(type);
  return forms.encode(data) ?? encodedBySchema(forms.schema, type, data);
}

function encodedBySchema(schema: DataForms["schema"], type: EventType, data: CaseEvent["data"]) {
  const encoded = schema.safeEncode(data);
  if (!encoded.success) throw invalidData(encoded.error);
  return mapAmounts(encoded.data, moneyMaps[type]!, toText);
}

/** Rewrites the amounts of an event so that JSON.stringify gives them two decimals. The event is not changed. */
export function withTwoDecimals(wire: WireEvent): WireEvent {
  return { ...wire, data: dataWithTwoDecimals(wire.event_type, wire.data) };
}

/** The same for data alone. */
export function dataWithTwoDecimals(type: string, data: Record<string, unknown>): Record<string, unknown> {
  return isEventType(type) ? mapAmounts(data, moneyMaps[type]!, toText) : data;
}

function mapAmounts(
  data: Record<string, unknown>,
  amounts: MoneyMap,
  change: (euros: number) => unknown,
): Record<string, unknown> {
  const mapped = { ...data };
  for (const field in amounts) {
    const value = data[field];
    if (value !== undefined) mapped[field] = mapValue(value, amounts[field]!, change);
  }
  return mapped;
}

/** A value that does not fit its schema is left as it is, for validation to report. */
function mapValue(value: unknown, amounts: true | MoneyMap, change: (euros: number) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => mapValue(each, amounts, change));
  if (amounts === true) return typeof value === "number" ? change(value) : value;
  const isObject = typeof value === "object" && value !== null;
  return isObject ? mapAmounts(value as Record<string, unknown>, amounts, change) : value;
}
