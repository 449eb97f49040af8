/**
 * The events: what is stored and sent, as zod schemas with the types inferred from them.
 *
 * An event is an envelope (`event_id`, `event_type`, `timestamp`, `correlation_id`, `data`, `metadata`) around data of
 * its type. Unknown fields inside `data` are **kept** (an organisation may send more than we read, and a fact is stored
 * as it was told); unknown fields in the envelope and in `metadata` are **refused** (there they are spelling mistakes).
 * @module
 */
import { z } from "zod";
import { money } from "./money.ts";

/** The ordering key: any text of 1 to 128 characters. Control characters are refused: no text store takes all of them. */
// deno-lint-ignore no-control-regex
export const caseIdSchema = z.string().min(1).max(128).regex(/^[^\u0000-\u001f\u007f]*$/, {
  error: "a case_id has no control characters",
});

export const intakeChannels = ["online", "phone", "walk_in"] as const;
export const priorities = ["low", "normal", "high", "urgent"] as const;
export const decisions = ["forgive", "payment_plan", "collect", "refer_assistance"] as const;
export const outcomes = ["resolved", "withdrawn", "escalated"] as const;

const shortText = z.string().min(1).max(200);
const fraction = z.number().min(0).max(1);

export const households = [
  "eenpersoons",
  "eenouder",
  "paar_met_kinderen",
  "paar_zonder_kinderen",
  "institutioneel",
  "overig",
] as const;
export const ageBands = ["16-24", "25-34", "35-44", "45-54", "55-64", "65+"] as const;
export const incomeSources = [
  "loon",
  "zelfstandig",
  "bijstand",
  "overig_zonder_inkomen",
  "ao_ziektewet",
  "pensioen",
  "student",
  "ww",
  "onbekend",
] as const;
/** The threatening situations of Wgs article 4, paragraph 2. */
export const threats = [
  "eviction",
  "energy_cutoff",
  "water_cutoff",
  "health_insurance_cancellation",
] as const;

/** What an organisation knows of the person behind the claim. Every field is optional; contact is personal data. */
const profile = z.looseObject({
  household: z.enum(households).optional(),
  age_band: z.enum(ageBands).optional(),
  municipality: shortText.optional(),
  income_source: z.enum(incomeSources).optional(),
  /** Net, a month. */
  monthly_income: money.optional(),
  creditors: z.int().min(0).max(1000).optional(),
  /** All debts of the person together, this claim included. */
  total_debt: money.optional(),
  threats: z.array(z.enum(threats)).max(threats.length).optional(),
  contact: z.looseObject({
    name: shortText.optional(),
    email: shortText.optional(),
    phone: shortText.optional(),
  }).optional(),
});
export type Profile = z.output<typeof profile>;

const intakeData = z.looseObject({
  case_id: caseIdSchema,
  citizen_bsn: z.string().regex(/^\d{9}$/, { error: "a citizen_bsn has nine digits" }),
  debt_amount: money,
  debt_type: shortText,
  organization: shortText,
  intake_channel: z.enum(intakeChannels),
  priority: z.enum(priorities),
  profile: profile.optional(),
});

const analysisData = z.looseObject({
  case_id: caseIdSchema,
  risk_score: z.number().min(0).max(100),
  success_probability: fraction,
  recommended_action: z.enum(decisions),
  estimated_savings: money,
  analysis_confidence: fraction,
});

const decisionData = z.looseObject({
  case_id: caseIdSchema,
  decision: z.enum(decisions),
  decided_by: shortText,
  reason: z.string().min(1).max(4000),
  next_steps: z.array(shortText).max(50),
});

const completedData = z.looseObject({
  case_id: caseIdSchema,
  outcome: z.enum(outcomes),
  duration_seconds: z.number().min(0),
  total_savings: money,
});

/**
 * What accompanies an event without being part of the fact: the event that caused it (`causation_id`), the version of
 * its data, W3C trace context, who sent it, and marks set at the door (see `input.ts`).
 */
export const metadataSchema = z.strictObject({
  schema_version: z.int().min(1),
  causation_id: z.uuid().optional(),
  traceparent: z.string().max(55).optional(),
  tracestate: z.string().max(512).optional(),
  source: z.string().max(200).optional(),
  marks: z.array(z.enum(["bsn_fails_eleven_test"])).max(10).optional(),
});
export type Metadata = z.infer<typeof metadataSchema>;

function envelope<T extends string, D extends z.ZodType>(type: T, data: D) {
  return z.strictObject({
    event_id: z.uuid(),
    event_type: z.literal(type),
    timestamp: z.iso.datetime({ offset: true }),
    correlation_id: caseIdSchema,
    data,
    metadata: metadataSchema,
  });
}

/** Every event type with the current version of its data. A new version needs an upcaster in `evolution.ts`. */
export const eventTypes = {
  "case.intake": { version: 1, schema: envelope("case.intake", intakeData) },
  "case.analysis": { version: 1, schema: envelope("case.analysis", analysisData) },
  "case.decision": { version: 1, schema: envelope("case.decision", decisionData) },
  "case.completed": { version: 1, schema: envelope("case.completed", completedData) },
} as const;

export type EventType = keyof typeof eventTypes;

/** An event of one type with its data decoded: amounts are cents. */
export type EventOf<T extends EventType> = z.output<(typeof eventTypes)[T]["schema"]>;
export type CaseEvent = { [T in EventType]: EventOf<T> }[EventType];
export type DataOf<T extends EventType> = EventOf<T>["data"];

/** An event as JSON has it: amounts are euros. Its data has passed no schema yet. */
export interface WireEvent {
  event_id: string;
  event_type: string;
  timestamp: string;
  correlation_id: string;
  data: Record<string, unknown>;
  metadata: Metadata;
}

/** True for a type this runtime knows. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventTypes, type);
}

/** All types, in the order of a case's life. */
export const allEventTypes = Object.keys(eventTypes) as EventType[];
