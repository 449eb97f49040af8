/** The events of the customer's brief. @module */

export const CASE = "0a6f2f4e-5c1f-4c7e-9a30-3a3b8d9c1f11";
export const ID = "7d2c1a8e-08f5-4b62-8a0c-5f2f7a1b9e01";

/** The four events of the brief, with real values for its placeholders. */
export const brief = [
  {
    event_id: ID,
    event_type: "case.intake",
    timestamp: "2025-11-09T10:30:00Z",
    data: {
      case_id: CASE,
      citizen_bsn: "123456789",
      debt_amount: 1250.50,
      debt_type: "cak_eigen_bijdrage",
      organization: "CAK",
      intake_channel: "online",
      priority: "normal",
    },
  },
  {
    event_id: ID,
    event_type: "case.analysis",
    timestamp: "2025-11-09T10:31:00Z",
    correlation_id: CASE,
    data: {
      case_id: CASE,
      risk_score: 75,
      success_probability: 0.65,
      recommended_action: "payment_plan",
      estimated_savings: 5200.00,
      analysis_confidence: 0.92,
    },
  },
  {
    event_id: ID,
    event_type: "case.decision",
    timestamp: "2025-11-09T10:32:00Z",
    correlation_id: CASE,
    data: {
      case_id: CASE,
      decision: "payment_plan",
      decided_by: "system",
      reason: "text",
      next_steps: ["action1", "action2"],
    },
  },
  {
    event_id: ID,
    event_type: "case.completed",
    timestamp: "2025-11-09T11:00:00Z",
    correlation_id: CASE,
    data: { case_id: CASE, outcome: "resolved", duration_seconds: 1800, total_savings: 5200.00 },
  },
];
