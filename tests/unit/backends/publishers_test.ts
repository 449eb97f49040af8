/**
 * The typed doors. Their types are the test: each `@ts-expect-error` fails `deno check` once its line is accepted.
 * @module
 */
import { assertEquals } from "@std/assert";
import { caseAnalysis, caseCompleted, caseDecision, caseIntake } from "../../../backends/publishers.ts";

const BRIEF = { case_id: "123", citizen_bsn: "987654321", debt_amount: 500, debt_type: "parkeerboete" };
const decision = { case_id: "123", decision: "collect", decided_by: "j.jansen", reason: "x" } as const;

Deno.test("the brief's four fields make an intake, and whatever else the schema names is welcome", () => {
  assertEquals(caseIntake(BRIEF), { event_type: "case.intake", data: BRIEF });
  caseIntake({ ...BRIEF, priority: "high", profile: { household: "eenouder", threats: ["eviction"] } });
});

Deno.test("a misspelt, missing or mistyped field of a typed door fails the type check", () => {
  // @ts-expect-error misspelt
  caseIntake({ ...BRIEF, debt_ammount: 10 });
  // @ts-expect-error misspelt, further in
  caseIntake({ ...BRIEF, profile: { houshold: "eenouder" } });
  // @ts-expect-error missing
  caseIntake({ case_id: "123", citizen_bsn: "987654321", debt_amount: 500 });
  // @ts-expect-error no such word
  caseIntake({ ...BRIEF, intake_channel: "fax" });
  // @ts-expect-error misspelt
  caseDecision({ ...decision, next_step: [] });
  // @ts-expect-error missing
  caseDecision(decision);
  // @ts-expect-error mistyped
  caseCompleted({ case_id: "123", outcome: "resolved", duration_seconds: "1", total_savings: 0 });
  // @ts-expect-error misspelt
  caseCompleted({ case_id: "123", outcome: "resolved", duration_second: 1, total_savings: 0 });
  // @ts-expect-error missing
  caseAnalysis({ case_id: "123", risk_score: 1 });
  assertEquals(caseDecision({ ...decision, next_steps: [] }).event_type, "case.decision");
  assertEquals(
    caseCompleted({ case_id: "123", outcome: "resolved", duration_seconds: 1, total_savings: 0 }).event_type,
    "case.completed",
  );
});
