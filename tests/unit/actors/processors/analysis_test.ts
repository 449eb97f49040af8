import { assert, assertEquals, assertThrows } from "@std/assert";
import { Reject } from "../../../../actors/processor.ts";
import { cents } from "../../../../schema/money.ts";
import { AT, bareIntake, fullIntake } from "../reasoning/intakes.ts";
import { CaseRun } from "./case_run.ts";

Deno.test("given an intake the rules may decide on, then a decision follows its analysis", () => {
  const run = new CaseRun().give("case.intake", fullIntake({ debt_amount: cents(27_000) }), AT).settle();
  assertEquals(run.types.slice(0, 3), ["intake", "analysis", "decision"]);
  assertEquals(run.all("case.decision")[0]!.metadata.causation_id, run.log[1]!.event_id);
  assertEquals(run.all("case.decision")[0]!.data.debt_amount, cents(27_000));
});

Deno.test("given the brief's example, then a person is asked, with reasons, a proposal, sources and a term", () => {
  const intake = bareIntake({ citizen_bsn: "123456789", debt_amount: cents(125_050) });
  const run = new CaseRun().give("case.intake", intake, AT).settle();
  assertEquals(run.types, ["intake", "analysis", "review_requested"]);
  const { data } = run.all("case.review_requested")[0]!;
  assertEquals(data.reasons.map(({ code }) => code), ["identity", "unverified_instalment"]);
  assertEquals([data.asked_of, data.proposed, data.term?.due], ["caseworker", "payment_plan", "2026-02-12"]);
  assert(data.rules.every(({ source }) => source.length > 0));
});

Deno.test("given a case withdrawn before its analysis, then nothing is decided and that is told", () => {
  const run = new CaseRun().give("case.intake", fullIntake(), AT).give("case.withdrawn", {}, AT).settle();
  assertEquals(run.types, ["intake", "withdrawn", "analysis", "event_refused", "completed"]);
});

Deno.test("given two analyses of one case, then the first is decided on and the second refused", () => {
  const run = new CaseRun().give("case.intake", fullIntake(), AT).settle();
  run.give("case.intake", fullIntake({ debt_amount: cents(9_900) }), AT).settle();
  assertEquals(run.all("case.decision").length, 1);
  assertEquals(run.all("case.event_refused").map(({ data }) => data.event_type), ["case.analysis"]);
});

Deno.test("an analysis without an intake becomes a dead letter at once", () => {
  const analysis = {
    risk_score: 40,
    success_probability: 0.7,
    recommended_action: "collect",
    estimated_savings: cents(0),
    analysis_confidence: 0.9,
  } as const;
  assertThrows(() => new CaseRun().give("case.analysis", analysis, AT).settle(), Reject);
});

Deno.test("a case from before the first rule becomes a dead letter at once, for no later try has a rule for it", () => {
  const run = () => new CaseRun().give("case.intake", fullIntake(), "2005-01-15T10:00:00Z").settle();
  assertThrows(run, Reject);
});
