/**
 * What of an event's data is shown: the fields on a list for each type, everything else is `not shown`. A pattern can't
 * tell a name from another word, so a field that nothing is known of is not shown, whatever it holds.
 * @module
 */
import { maskBsn, maskCaseId } from "../../schema/bsn.ts";

/** What a field that is shown must hold. A list holds the same as its elements. */
type FieldKind = "number" | "text" | "case_id" | "bsn";

/** The fields that are shown, and what they hold; of an object only its own fields. */
interface ShownFields {
  readonly [field: string]: FieldKind | ShownFields;
}

/** Stands in the place of what is not shown. */
export const NOT_SHOWN = "not shown";

const reasons = { reason: "text", reason_nl: "text" } as const;
const rules = { id: "text", version: "text", source: "text", certainty: "text" } as const;
const figures = { id: "text", from: "text", certainty: "text", raised: "number" } as const;
const term = { name: "text", due: "text", expires_at: "text", source: "text" } as const;

const profile = {
  household: "text",
  age_band: "text",
  municipality: "text",
  income_source: "text",
  monthly_income: "number",
  creditors: "number",
  total_debt: "number",
  threats: "text",
} as const;

/** By event type, beside the `case_id` that all have. */
const SHOWN: Readonly<Record<string, ShownFields>> = {
  "case.intake": {
    citizen_bsn: "bsn",
    debt_amount: "number",
    debt_type: "text",
    organization: "text",
    intake_channel: "text",
    priority: "text",
    profile,
  },
  "case.analysis": {
    risk_score: "number",
    success_probability: "number",
    recommended_action: "text",
    estimated_savings: "number",
    analysis_confidence: "number",
    reason_codes: { code: "text", effect: "number" },
    model_version: "text",
    basis: "text",
  },
  "case.review_requested": {
    asked_of: "text",
    reasons: { code: "text", ...reasons },
    proposed: "text",
    law_on: "text",
    ...reasons,
    citizen_text: "text",
    rules,
    figures,
    term,
    debt_amount: "number",
  },
  "case.intervention_requested": { reason: "text" },
  "case.decision_proposed": {
    decision: "text",
    proposed_by: "text",
    ...reasons,
    next_steps: "text",
    debt_amount: "number",
  },
  "case.decision": {
    decision: "text",
    decided_by: "text",
    law_on: "text",
    ...reasons,
    next_steps: "text",
    next_steps_nl: "text",
    citizen_text: "text",
    debt_amount: "number",
    rules,
    figures,
    policy_version: "text",
    mandate: "text",
    proposed_by: "text",
    terms: term,
    notes: "text",
  },
  "case.payment_plan_created": {
    amount: "number",
    months: "number",
    instalments: { due: "text", amount: "number" },
    capacity: "number",
    share: "number",
    missed_at: "text",
  },
  "case.assistance_accepted": { stage: "text" },
  "case.payment_received": { amount: "number", reference: "text" },
  "case.term_expired": { term: "text", due: "text" },
  "case.wait_expired": { workflow: "text", wait: "text", expires_at: "text" },
  "case.payment_missed": { instalment: "number", due: "text" },
  "case.withdrawn": { reason: "text" },
  "case.debt_forgiven": { amount: "number", reason: "text", approved_by: "text" },
  "case.event_refused": {
    refused: "text",
    event_type: "text",
    state: "text",
    ...reasons,
    citizen_text: "text",
  },
  "case.completed": { outcome: "text", duration_seconds: "number", total_savings: "number" },
  // The data for the other case is shown there, by the list of its own type.
  "case.addressed": { event_type: "text", schema_version: "number", to: "case_id" },
  "case.child_started": { workflow: "text", parent: "case_id", parent_workflow: "text", wait: "text" },
  "case.child_ended": {
    ...{ child: "case_id", workflow: "text", outcome: "text" },
    ...{ parent_workflow: "text", wait: "text" },
  },
  "case.reopened": {
    reopened_by: "text",
    state: "text",
    paid_on: "text",
    window_days: "number",
    ...reasons,
    citizen_text: "text",
    rules,
  },
};

/** The data of an event as it may be shown: the BSN masked, what is not on the list of its type `not shown`. */
export function shownData(type: string, data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields = Object.hasOwn(SHOWN, type) ? SHOWN[type] : {};
  return shownFields(data, { case_id: "case_id", ...fields });
}

/** A loop, as every event of an export goes through it: entries made of entries took twice the time. */
function shownFields(value: Readonly<Record<string, unknown>>, fields: ShownFields): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(fields, name)) shown[name] = shownValue(value[name], fields[name]!);
    // The name of a field that is not known may be anything too. In Deno `__proto__` is a name like others.
    else shown[withoutContactData(name)] = NOT_SHOWN;
  }
  return shown;
}

function shownValue(value: unknown, kind: FieldKind | ShownFields): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((each) => shownValue(each, kind));
  // An amount with two decimals is an object too.
  if (typeof value === "number" || typeof value === "boolean" || JSON.isRawJSON(value)) {
    return kind === "number" ? value : NOT_SHOWN;
  }
  if (typeof value === "object") {
    return typeof kind === "object" ? shownFields(value as Record<string, unknown>, kind) : NOT_SHOWN;
  }
  if (typeof value !== "string") return NOT_SHOWN;
  return shownText(value, kind);
}

function shownText(text: string, kind: FieldKind | ShownFields): string {
  switch (kind) {
    case "text":
      return withoutContactData(text);
    case "case_id":
      return maskCaseId(text);
    case "bsn":
      return maskBsn(text);
    default:
      return NOT_SHOWN;
  }
}

const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g;
const IBAN_BEGINS = /[A-Z]{2}\d{2}/;
const EMAIL = /[^\s@<>"',;:()]+@[^\s@<>"',;:()]+\.[^\s@<>"',;:()]+/g;

/** For free text in fields that are shown, such as the reason of a decision: without account numbers and addresses. */
export function withoutContactData(text: string): string {
  const withoutIban = IBAN_BEGINS.test(text) ? text.replace(IBAN, "[IBAN]") : text;
  // The pattern tries every word from each of its letters: most texts have no address, and are not searched for one.
  return withoutIban.includes("@") ? withoutIban.replace(EMAIL, "[e-mail]") : withoutIban;
}
