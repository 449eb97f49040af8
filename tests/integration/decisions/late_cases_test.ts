/** Two times of an event: when it happened, by whose law it is judged, and when it was recorded, from which terms run. @module */
import { assert, assertEquals } from "@std/assert";
import { cents } from "../../../schema/money.ts";
import { generateCases } from "../../../simulators/case_generator.ts";
import { AT, fullIntake } from "../../unit/actors/reasoning/intakes.ts";
import { CaseRun } from "../../unit/actors/processors/case_run.ts";

const THREE_MONTHS_AGO = "2026-01-01T00:00:00Z";
const TODAY = "2026-04-15T10:00:00.000Z";

Deno.test("intakes of three months ago that come in today lead to terms that begin today", () => {
  const [waits, outcomes] = [{ decided: 0, asked: 0 }, new Set<string>()];
  for (const { event } of generateCases({ seed: "late", count: 400, from: THREE_MONTHS_AGO })) {
    const run = new CaseRun().take(event, TODAY).settle();
    // Nothing that was set is due before tomorrow.
    assertEquals(run.fire("2026-04-16T10:00:00.000Z"), false, event.event_id);
    for (const { data } of run.all("case.completed")) outcomes.add(data.outcome);
    waits.decided += run.all("case.decision").length;
    waits.asked += run.all("case.review_requested").length;
    assert(run.log.slice(1).every(({ metadata }) => metadata.marks?.includes("late")));
  }
  assertEquals(waits.decided + waits.asked, 400);
  assert(!outcomes.has("escalated"), "escalated by terms that had passed");
});

Deno.test("an intake of before is decided by the law of its day, and its plan begins when it was recorded", () => {
  const day = "2025-03-03T10:00:00.000Z";
  const intake = fullIntake({ debt_amount: cents(30_000) });
  const run = new CaseRun().give("case.intake", intake, day, TODAY).settle();
  const [decision] = run.all("case.decision");
  assertEquals([decision!.timestamp, decision!.data.law_on], [TODAY, "2025-03-03"]);
  assertEquals(decision!.data.figures!.at(0)!.from, "2025-01-01");
  const [plan] = run.all("case.payment_plan_created");
  assertEquals(plan!.data.instalments[0]!.due, "2026-05-15");
  // The room is that of the law that decided.
  assertEquals(plan!.data.capacity, cents(225_695 - 207_124));
});

Deno.test("a person's decision is by the law of its own day, and its terms run from when it was recorded", () => {
  const by = { decided_by: "jansen", reason: "knows more", next_steps: [] };
  const run = new CaseRun().give("case.intake", fullIntake(), AT).settle();
  run.give("case.decision", { ...by, decision: "collect" }, AT, TODAY).settle();
  const [timer] = run.timers.values();
  assert(timer!.at > TODAY, timer!.at);
  run.give("case.decision", { ...by, decision: "payment_plan" }, AT, TODAY).settle();
  const plan = run.all("case.payment_plan_created").at(-1)!.data;
  assertEquals([plan.instalments[0]!.due, plan.capacity], ["2026-05-15", cents(9_000)]);
});

Deno.test("a case takes as long as it takes from when it was recorded", () => {
  const run = new CaseRun().give("case.intake", fullIntake(), AT, TODAY).settle();
  run.give("case.withdrawn", {}, "2026-04-16T10:00:00.000Z").settle();
  assertEquals(run.all("case.completed")[0]!.data.duration_seconds, 86_400);
});
