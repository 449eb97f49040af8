/** Events for tests: valid, and the same at every run. @module */
import type { EventType, WireEvent } from "../../schema/events.ts";
import { reproducibleRootId } from "../../schema/ids.ts";
import { partitionOf } from "../../schema/partition.ts";

const START = Date.UTC(2026, 0, 1);

const data: Record<EventType, Record<string, unknown>> = {
  "case.intake": {
    citizen_bsn: "123456782",
    debt_amount: 1250.5,
    debt_type: "huur",
    organization: "gemeente",
    intake_channel: "online",
    priority: "normal",
  },
  "case.analysis": {
    risk_score: 40,
    success_probability: 0.75,
    recommended_action: "payment_plan",
    estimated_savings: 300,
    analysis_confidence: 0.9,
  },
  "case.review_requested": {
    asked_of: "caseworker",
    reasons: [{ code: "identity", reason: "whom it concerns must be checked" }],
    rules: [],
  },
  "case.intervention_requested": { reason: "asks for a person" },
  "case.decision_proposed": {
    decision: "forgive",
    proposed_by: "p.pietersen",
    reason: "fits",
    next_steps: [],
  },
  "case.decision": { decision: "payment_plan", decided_by: "rules", reason: "fits", next_steps: [] },
  "case.payment_plan_created": {
    amount: 1250.5,
    months: 2,
    instalments: [{ due: "2026-02-01", amount: 625.25 }, { due: "2026-03-01", amount: 625.25 }],
  },
  "case.assistance_accepted": { stage: "first_meeting" },
  "case.payment_received": { amount: 625.25 },
  "case.term_expired": { term: "instalment", due: "2026-02-01" },
  "case.wait_expired": { workflow: "reminder", wait: "payment", expires_at: "2026-02-01T00:00:00.000Z" },
  "case.payment_missed": { instalment: 1, due: "2026-02-01" },
  "case.withdrawn": { reason: "solved by family" },
  "case.debt_forgiven": { amount: 40, reason: "below the cost of collecting", approved_by: "rules" },
  "case.event_refused": {
    refused: "019b76da-a800-7000-8000-000000000001",
    event_type: "case.payment_received",
    state: "completed:resolved",
    reason: "the case was completed",
    reason_nl: "de zaak was afgerond",
  },
  "case.completed": { outcome: "resolved", duration_seconds: 60, total_savings: 300 },
  "case.addressed": {
    to: "case-2",
    event_type: "case.payment_missed",
    schema_version: 1,
    data: { case_id: "case-2", instalment: 1 },
  },
  "case.child_started": {
    ...{ workflow: "objection", parent: "case-2" },
    ...{ parent_workflow: "assessment", wait: "objection heard" },
  },
  "case.child_ended": {
    ...{ child: "case-2", workflow: "objection", outcome: "upheld" },
    ...{ parent_workflow: "assessment", wait: "objection heard" },
  },
  "case.reopened": {
    reopened_by: "019b76da-a800-7000-8000-000000000001",
    state: "in_payment_plan",
    paid_on: "2026-02-01",
    window_days: 14,
    reason: "paid in time",
    reason_nl: "op tijd betaald",
    rules: [],
  },
};

/** Event `n` of a type and case; the same arguments give the same event, id included. */
export function anEvent(caseId: string, n: number, type: EventType = "case.intake"): WireEvent {
  return {
    event_id: reproducibleRootId(START, caseId, type, n),
    event_type: type,
    timestamp: new Date(START + n * 1000).toISOString(),
    correlation_id: caseId,
    data: { case_id: caseId, ...data[type], n },
    metadata: { schema_version: 1 },
  };
}

/** Events 1 … count of a case. */
export function someEvents(caseId: string, count: number, type: EventType = "case.intake"): WireEvent[] {
  return Array.from({ length: count }, (_, i) => anEvent(caseId, i + 1, type));
}

/** The first `count` case ids of a partition. */
export function casesIn(partition: number, partitions: number, count: number): string[] {
  const found: string[] = [];
  for (let i = 1; found.length < count; i++) {
    const caseId = `case-${i}`;
    if (partitionOf(caseId, partitions) === partition) found.push(caseId);
  }
  return found;
}
