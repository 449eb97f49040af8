/**
 * The events: what is stored and sent, as zod schemas with the types inferred from them.
 *
 * An event is an envelope (`event_id`, `event_type`, `timestamp`, `correlation_id`, `data`, `metadata`) around data of
 * its type. Unknown fields inside `data` are **kept** (an organisation may send more than we read, and a fact is stored
 * as it was sent); unknown fields in the envelope and in `metadata` are **refused** (there they are spelling mistakes).
 * @module
 */
import { z } from "zod";
import { caseIdSchema, decisions, longText, shortText, usedFigures } from "./event_fields.ts";
import * as followUp from "./follow_up_events.ts";
import { money } from "./money.ts";

export const intakeChannels = ["online", "phone", "walk_in"] as const;
export const priorities = ["low", "normal", "high", "urgent"] as const;
const outcomes = ["resolved", "withdrawn", "escalated"] as const;

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
  /** What the model was trained on: simulated histories say nothing about people. */
  basis: z.enum(["synthetic", "measured"]).optional(),
});

/** What the one of two persons proposes who must not decide alone. */
const decisionProposedData = z.looseObject({
  case_id: caseIdSchema,
  decision: z.enum(decisions),
  proposed_by: shortText,
  reason: z.string().min(1).max(4000),
  next_steps: z.array(shortText).max(50),
  /** The claim that is to be decided on. */
  debt_amount: money.optional(),
});

const decisionData = z.looseObject({
  case_id: caseIdSchema,
  decision: z.enum(decisions),
  decided_by: shortText,
  /** The day whose law decided; absent where a person did, by the law of the decision's own day. */
  law_on: z.iso.date().optional(),
  reason: z.string().min(1).max(4000),
  next_steps: z.array(shortText).max(50),
  /** The same steps in Dutch. */
  next_steps_nl: z.array(shortText).max(50).optional(),
  /** What the citizen is told, in plain Dutch; `reason` is for the file. */
  citizen_text: longText.optional(),
  /** The claim that was decided on. */
  debt_amount: money.optional(),
  figures: usedFigures.optional(),
  /** By what mandate it was taken where no person was asked. */
  mandate: shortText.optional(),
  /** Who proposed it, where a second person decided. */
  proposed_by: shortText.optional(),
});

const completedData = z.looseObject({
  case_id: caseIdSchema,
  outcome: z.enum(outcomes),
  duration_seconds: z.number().min(0),
  total_savings: money,
});

/** What is worth knowing of an event that was accepted all the same (see `input.ts`). */
const marks = [
  "bsn_fails_eleven_test",
  "case_id_passes_eleven_test",
  "before_first_rule",
  "in_future",
  "late",
  "to_be_confirmed",
] as const;

/**
 * What accompanies an event without being part of the fact: the event that caused it (`causation_id`), the version of
 * its data, W3C trace context, who sent it, marks set when it was accepted (see `input.ts`), and of what the runtime made
 * the moment from which it counts (see `time/moment.ts`).
 */
const metadataSchema = z.strictObject({
  schema_version: z.int().min(1),
  causation_id: z.uuid().optional(),
  traceparent: z.string().max(55).optional(),
  tracestate: z.string().max(512).optional(),
  source: z.string().max(200).optional(),
  /** Whose hand it was, where somebody acted under the name of another. */
  account: z.string().max(200).optional(),
  marks: z.array(z.enum(marks)).max(10).optional(),
  moment: z.iso.datetime({ offset: true }).optional(),
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

/**
 * Every event type with the current version of its data, in the order of a case's life. A new version needs an upcaster
 * in `evolution.ts`.
 */
export const eventTypes = {
  "case.intake": { version: 1, schema: envelope("case.intake", intakeData) },
  "case.analysis": { version: 1, schema: envelope("case.analysis", analysisData) },
  "case.review_requested": {
    version: 1,
    schema: envelope("case.review_requested", followUp.reviewRequestedData),
  },
  "case.intervention_requested": {
    version: 1,
    schema: envelope("case.intervention_requested", followUp.interventionRequestedData),
  },
  "case.decision_proposed": {
    version: 1,
    schema: envelope("case.decision_proposed", decisionProposedData),
  },
  "case.decision": { version: 1, schema: envelope("case.decision", decisionData) },
  "case.payment_plan_created": {
    version: 1,
    schema: envelope("case.payment_plan_created", followUp.paymentPlanCreatedData),
  },
  "case.assistance_accepted": {
    version: 1,
    schema: envelope("case.assistance_accepted", followUp.assistanceAcceptedData),
  },
  "case.payment_received": {
    version: 1,
    schema: envelope("case.payment_received", followUp.paymentReceivedData),
  },
  "case.term_expired": { version: 1, schema: envelope("case.term_expired", followUp.termExpiredData) },
  "case.wait_expired": { version: 1, schema: envelope("case.wait_expired", followUp.waitExpiredData) },
  "case.payment_missed": { version: 1, schema: envelope("case.payment_missed", followUp.paymentMissedData) },
  "case.withdrawn": { version: 1, schema: envelope("case.withdrawn", followUp.withdrawnData) },
  "case.debt_forgiven": { version: 1, schema: envelope("case.debt_forgiven", followUp.debtForgivenData) },
  "case.event_refused": { version: 1, schema: envelope("case.event_refused", followUp.eventRefusedData) },
  "case.reopened": { version: 1, schema: envelope("case.reopened", followUp.reopenedData) },
  "case.addressed": { version: 1, schema: envelope("case.addressed", followUp.addressedData) },
  "case.child_started": { version: 1, schema: envelope("case.child_started", followUp.childStartedData) },
  "case.child_ended": { version: 1, schema: envelope("case.child_ended", followUp.childEndedData) },
  "case.completed": { version: 1, schema: envelope("case.completed", completedData) },
} as const;

export type EventType = keyof typeof eventTypes;

/** An event of one type with its data decoded: amounts are cents. */
export type EventOf<T extends EventType> = z.output<(typeof eventTypes)[T]["schema"]>;
export type CaseEvent = { [T in EventType]: EventOf<T> }[EventType];
export type DataOf<T extends EventType> = EventOf<T>["data"];

/** The fields a schema names, without its index signature: in a literal of this type a misspelt field is an error. */
type NamedFields<T> = T extends readonly (infer E)[] ? readonly NamedFields<E>[]
  : T extends object ? { [K in keyof T as string extends K ? never : K]: NamedFields<T[K]> }
  : T;

/** Data of one type as a program writes it: amounts in euros, and only fields that the schema names. */
export type DataInput<T extends EventType> = NamedFields<z.input<(typeof eventTypes)[T]["schema"]>["data"]>;

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
