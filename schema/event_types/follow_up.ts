/**
 * The data of the events that follow an analysis or a decision: what the runtime starts, what happens outside, and by what cases
 * reach each other.
 * @module
 */
import { z } from "zod";
import { caseIdSchema, certainty, decisions, longText, shortText, usedFigures } from "../event_fields.ts";
import { money } from "../money.ts";

const timestamp = z.iso.datetime({ offset: true });

/** What can expire: an instalment of a plan, or a term by its name. */
export const termNames = [
  "instalment",
  "first_meeting",
  "decision_on_plan",
  "debt_plan",
  "payment",
  "caseworker_review",
] as const;

/** Who is asked to decide: a caseworker, or the team lead when a term of the caseworker or of the municipality has passed. */
export const reviewers = ["caseworker", "team_lead"] as const;

/** How far assistance has come: the citizen came to the first meeting, a plan was decided on, what the plan asks was paid. */
const assistanceStages = ["first_meeting", "plan", "plan_paid"] as const;

/** Rules that were applied: those of one table, by the names of their rows, with where they come from. */
const appliedRule = z.looseObject({
  id: z.string().min(1).max(500),
  version: shortText,
  source: longText,
  /** The certainty of the least sure of its sources. */
  certainty: certainty.optional(),
});

/** A person must decide: why, what the rules propose, and by when (`due`, the last day; `expires_at`, the instant after). */
export const reviewRequestedData = z.looseObject({
  case_id: caseIdSchema,
  asked_of: z.enum(reviewers),
  reasons: z.array(z.looseObject({ code: shortText, reason: longText, reason_nl: longText.optional() }))
    .min(1).max(50),
  proposed: z.enum(decisions).optional(),
  /** The day whose law proposes it. */
  law_on: z.iso.date().optional(),
  /** Why the rules propose it. */
  reason: longText.optional(),
  reason_nl: longText.optional(),
  /** What the citizen is told, in plain Dutch. */
  citizen_text: longText.optional(),
  rules: z.array(appliedRule).max(50),
  figures: usedFigures.optional(),
  /** Absent for the team lead, after whom there is no one left to ask. */
  term: z.looseObject({ name: z.enum(termNames), due: z.iso.date(), expires_at: timestamp }).optional(),
  /** The claim to be decided on. */
  debt_amount: money.optional(),
});

/** Instalments were agreed on; their amounts add up to `amount`. */
export const paymentPlanCreatedData = z.looseObject({
  case_id: caseIdSchema,
  amount: money,
  months: z.int().min(1).max(36),
  instalments: z.array(z.looseObject({ due: z.iso.date(), amount: money })).min(1).max(36),
  /** Room to repay a month; absent when the income is not known. */
  capacity: money.optional(),
  /** The part of that room that is for this claim, in proportion to all debts; absent where it was not worked out. */
  share: money.optional(),
  /** The instants from which each instalment counts as missed. Default: by the policy, from its due date. */
  missed_at: z.array(timestamp).max(36).optional(),
}).refine((plan) => plan.missed_at === undefined || plan.missed_at.length === plan.instalments.length, {
  path: ["missed_at"],
  error: "must have as many timestamps as there are instalments",
});

/** The claim was let go, for this amount. */
export const debtForgivenData = z.looseObject({
  case_id: caseIdSchema,
  amount: money,
  reason: longText,
  approved_by: shortText,
});

/** The citizen paid. Sent by the creditor organisation. */
export const paymentReceivedData = z.looseObject({
  case_id: caseIdSchema,
  amount: money,
  reference: shortText.optional(),
});

/** An instalment was not paid in time: sent by the organisation, or found when its term expired. Counts from 1. */
export const paymentMissedData = z.looseObject({
  case_id: caseIdSchema,
  instalment: z.int().min(1),
  due: z.iso.date().optional(),
});

/** The citizen withdrew, or the claim was taken back. */
export const withdrawnData = z.looseObject({ case_id: caseIdSchema, reason: longText.optional() });

/** Somebody asks that a person looks at the case (AVG art. 22, third paragraph). */
export const interventionRequestedData = z.looseObject({
  case_id: caseIdSchema,
  reason: longText.optional(),
});

/** The citizen took the assistance that was offered, this far. */
export const assistanceAcceptedData = z.looseObject({
  case_id: caseIdSchema,
  stage: z.enum(assistanceStages),
});

/** A term ran out. Appended by a timer of the runtime. */
export const termExpiredData = z.looseObject({
  case_id: caseIdSchema,
  term: z.enum(termNames),
  due: z.iso.date(),
});

/** A wait of a workflow came to its term. Appended by a timer of the runtime. */
export const waitExpiredData = z.looseObject({
  case_id: caseIdSchema,
  workflow: shortText,
  /** The name of the state that waited. */
  wait: shortText,
  expires_at: timestamp,
});

/** A payment that was made in time became known after the case had closed over it: the case goes on where it was. */
export const reopenedData = z.looseObject({
  case_id: caseIdSchema,
  /** The payment. */
  reopened_by: z.uuid(),
  /** Where the case goes on. */
  state: z.enum(["in_payment_plan", "in_collection"]),
  /** The day by which the payment is judged. */
  paid_on: z.iso.date(),
  /** Days after the closing within which such a payment counts. */
  window_days: z.int().min(0),
  reason: longText,
  reason_nl: longText,
  /** What the citizen is told, in plain Dutch. */
  citizen_text: longText.optional(),
  rules: z.array(appliedRule).max(50),
});

/** An event had no effect, because the case could not take it where it stood: a late payment, a second decision. */
export const eventRefusedData = z.looseObject({
  case_id: caseIdSchema,
  /** The event without effect. */
  refused: z.uuid(),
  event_type: shortText,
  /** Where the case stood. */
  state: shortText,
  reason: longText,
  reason_nl: longText,
  /** What the citizen is told, in plain Dutch; absent where nothing changes for a citizen. */
  citizen_text: longText.optional(),
});
