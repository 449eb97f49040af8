/** Events for tests: valid, and the same at every run. @module */
import type { EventType, WireEvent } from "../../schema/events.ts";
import { derivedId } from "../../schema/ids.ts";
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
  "case.decision": { decision: "payment_plan", decided_by: "rules", reason: "fits", next_steps: [] },
  "case.completed": { outcome: "resolved", duration_seconds: 60, total_savings: 300 },
};

/** Event `n` of a type and case; the same arguments give the same event, id included. */
export function anEvent(caseId: string, n: number, type: EventType = "case.intake"): WireEvent {
  return {
    event_id: derivedId(caseId, START, type, n),
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
