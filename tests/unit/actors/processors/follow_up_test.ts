import { assert, assertEquals } from "@std/assert";
import { processors } from "../../../../actors/application.ts";
import { followUp } from "../../../../actors/processors/follow_up.ts";
import { states } from "../../../../actors/reasoning/workflow/workflow.ts";
import { assertPure, forAllHistories, type Random } from "../../../../actors/testing/testing.ts";
import { decisions } from "../../../../schema/event_fields.ts";
import type { DataOf } from "../../../../schema/events.ts";
import { cents } from "../../../../schema/money.ts";
import { parseRow } from "../../../../schema/delivery_line.ts";
import { pendingReview } from "../../../../actors/acts/caseworker.ts";
import { AT, fullIntake } from "../reasoning/intakes.ts";
import { compareFollowUp, twinnedProcessors } from "../../../support/workflow/compare_follow_up.ts";
import { CaseRun } from "./case_run.ts";

const LATER = "2026-02-01T12:00:00Z";

function begun(amount = 27_000, profile = {}): CaseRun {
  return new CaseRun().give("case.intake", fullIntake({ debt_amount: cents(amount) }, profile), AT).settle();
}

function decidedBy(run: CaseRun, decision: DataOf<"case.decision">["decision"], at = LATER): CaseRun {
  return run.give(
    "case.decision",
    { decision, decided_by: "jansen", reason: "knows more", next_steps: [] },
    at,
  )
    .settle();
}

function paid(run: CaseRun, amount: number, at = LATER): CaseRun {
  return run.give("case.payment_received", { amount: cents(amount) }, at).settle();
}

function timerOf({ timers }: CaseRun): { at: string; data: unknown } | undefined {
  const timer = [...timers.values()][0];
  return timer && { at: timer.at, data: parseRow(timer.row).event.data };
}

Deno.test("given a plan, when its first instalment is paid, then the second is what can expire", () => {
  const run = begun();
  assertEquals(run.types, ["intake", "analysis", "decision", "payment_plan_created"]);
  assertEquals(timerOf(run), {
    at: "2026-03-01T23:00:00.000Z",
    data: { case_id: "case-1", term: "instalment", due: "2026-02-15" },
  });
  paid(run, 9_000);
  assertEquals(run.timers.size, 1);
  assertEquals((timerOf(run)!.data as { due: string }).due, "2026-03-15");
});

Deno.test("given a plan, when all of it is paid, then the case is resolved and its timer cancelled", () => {
  const run = paid(paid(begun(), 9_000), 18_000);
  assertEquals(run.types.slice(4), ["payment_received", "payment_received", "completed"]);
  assertEquals(run.progress.state, "completed:resolved");
  assertEquals(run.timers.size, 0);
});

Deno.test("given a plan, when nobody pays, then each missed instalment is told and the case escalates", () => {
  const run = begun();
  while (run.fire()) run.settle();
  const missed = ["term_expired", "payment_missed"];
  assertEquals(run.types.slice(4), [...missed, ...missed, "completed"]);
  assertEquals(run.all("case.payment_missed").map(({ data }) => data.instalment), [1, 2]);
  assertEquals(run.progress.state, "completed:escalated");
});

Deno.test("given a running plan, when the citizen withdraws, then the case closes and its timer is cancelled", () => {
  const run = begun().give("case.withdrawn", { reason: "paid the creditor myself" }, LATER).settle();
  assertEquals(run.types.slice(4), ["withdrawn", "completed"]);
  assertEquals(run.all("case.completed")[0]!.data.outcome, "withdrawn");
  assertEquals(run.timers.size, 0);
});

Deno.test("given a completed case, when a payment comes late, then it is refused, with what must be done", () => {
  const run = paid(paid(begun(), 27_000), 5_000);
  const [refused] = run.all("case.event_refused");
  assertEquals(refused!.data.state, "completed:resolved");
  assert(refused!.data.reason.includes("returned"));
  assertEquals(run.all("case.completed").length, 1);
});

Deno.test("given a threatened household, when the first meeting is held, then the term for the plan runs", () => {
  const run = begun(27_000, { threats: ["eviction"] });
  assertEquals((timerOf(run)!.data as { term: string }).term, "first_meeting");
  run.give("case.assistance_accepted", { stage: "first_meeting" }, "2026-01-18T10:00:00Z").settle();
  assertEquals((timerOf(run)!.data as { term: string }).term, "decision_on_plan");
  run.give("case.assistance_accepted", { stage: "plan" }, LATER).settle();
  assertEquals([run.progress.state, run.all("case.completed").length], ["in_assistance", 0]);
  assertEquals(timerOf(run)!.data, { case_id: "case-1", term: "debt_plan", due: "2027-08-01" });
});

Deno.test("given a debt plan of assistance, when it is paid, then the case is resolved, and not before", () => {
  const run = begun(27_000, { threats: ["eviction"] });
  run.give("case.assistance_accepted", { stage: "plan" }, LATER).settle();
  assertEquals(run.progress.ending, undefined);
  run.give("case.assistance_accepted", { stage: "plan_paid" }, "2027-08-01T12:00:00Z").settle();
  assertEquals(run.all("case.completed").map(({ data }) => data.outcome), ["resolved"]);
  assertEquals([run.progress.state, run.timers.size], ["completed:resolved", 0]);
});

Deno.test("given a debt plan, when nobody says that it was paid, then the team lead is asked on an assumption that says so", () => {
  const run = begun(27_000, { threats: ["eviction"] });
  run.give("case.assistance_accepted", { stage: "plan" }, LATER).settle();
  while (run.fire()) run.settle();
  const [asked] = run.all("case.review_requested").map(({ data }) => data);
  assertEquals([asked!.asked_of, asked!.reasons[0]!.code], ["team_lead", "debt_plan_unconfirmed"]);
  assertEquals(asked!.rules.map(({ id, certainty }) => [id, certainty]), [
    ["policy/debt_plan_term", "assumption"],
  ]);
  assertEquals([run.progress.state, pendingReview(run.progress)?.data], ["in_assistance", asked]);
  run.give("case.assistance_accepted", { stage: "plan_paid" }, "2027-09-01T12:00:00Z").settle();
  assertEquals(run.progress.state, "completed:resolved");
});

Deno.test("given a referral, when the municipality lets its terms pass, then the case stays open and is told, each time", () => {
  const run = begun(27_000, { threats: ["eviction"] });
  while (run.fire()) run.settle();
  const alarm = ["term_expired", "review_requested"];
  assertEquals(run.types.slice(3), [...alarm, ...alarm]);
  const reviews = run.all("case.review_requested").map(({ data }) => data);
  assertEquals(reviews.map(({ asked_of, reasons }) => [asked_of, reasons[0]!.code]), [
    ["team_lead", "municipality_late"],
    ["team_lead", "municipality_late"],
  ]);
  assertEquals([run.progress.state, run.progress.ending], ["referred", undefined]);
  assertEquals(pendingReview(run.progress)?.data, reviews[1]);
});

Deno.test("given a municipality that was late, when the citizen is met and given a plan, then nobody is asked any more", () => {
  const run = begun(27_000, { threats: ["eviction"] });
  run.fire();
  run.settle().give("case.assistance_accepted", { stage: "first_meeting" }, LATER).settle();
  assertEquals([run.progress.state, pendingReview(run.progress)], ["referred", undefined]);
  assertEquals((timerOf(run)!.data as { term: string }).term, "decision_on_plan");
  run.give("case.assistance_accepted", { stage: "plan" }, LATER).settle();
  assertEquals([run.progress.state, run.all("case.event_refused").length], ["in_assistance", 0]);
});

Deno.test("given a municipality of which every term has passed, when a meeting comes late, then the team lead still must act", () => {
  const run = begun(27_000, { threats: ["eviction"] });
  while (run.fire()) run.settle();
  run.give("case.assistance_accepted", { stage: "first_meeting" }, "2027-02-01T12:00:00Z").settle();
  assertEquals([run.progress.state, run.timers.size], ["referred", 0]);
  assertEquals(pendingReview(run.progress)?.data.asked_of, "team_lead");
  run.give("case.assistance_accepted", { stage: "plan" }, "2027-02-02T12:00:00Z").settle();
  assertEquals([run.progress.state, pendingReview(run.progress)], ["in_assistance", undefined]);
});

Deno.test("given a municipality that was late, when a person decides otherwise, then that is what runs", () => {
  const run = begun(27_000, { threats: ["eviction"] });
  run.fire();
  decidedBy(run.settle(), "refer_assistance");
  assertEquals([run.progress.state, pendingReview(run.progress)], ["referred", undefined]);
  assertEquals((timerOf(run)!.data as { term: string }).term, "first_meeting");
});

Deno.test("given a case that waits, when a caseworker decides, then the review timer gives way to the plan's", () => {
  const run = new CaseRun().give("case.intake", fullIntake({}, { total_debt: cents(20_000) }), AT).settle();
  assertEquals((timerOf(run)!.data as { term: string }).term, "caseworker_review");
  decidedBy(run, "payment_plan");
  assertEquals(run.timers.size, 1);
  assertEquals((timerOf(run)!.data as { term: string }).term, "instalment");
});

Deno.test("given a case that waits, when no caseworker decides, then the team lead is asked, once", () => {
  const run = new CaseRun().give("case.intake", fullIntake({}, { total_debt: cents(20_000) }), AT).settle();
  while (run.fire()) run.settle();
  assertEquals(run.types, ["intake", "analysis", "review_requested", "term_expired", "review_requested"]);
  assertEquals(run.all("case.review_requested").map(({ data }) => data.asked_of), [
    "caseworker",
    "team_lead",
  ]);
  decidedBy(run, "collect");
  assertEquals(run.progress.state, "in_collection");
});

Deno.test("given a payment before a new decision, then the new plan is for what is left", () => {
  const run = decidedBy(paid(begun(), 9_001), "payment_plan");
  const plan = run.all("case.payment_plan_created")[1]!.data;
  assertEquals(plan.amount, cents(17_999));
  paid(run, 17_999);
  assertEquals(run.progress.state, "completed:resolved");
});

Deno.test("given a payment before the claim is forgiven, then what is left is forgiven", () => {
  const run = decidedBy(paid(begun(), 9_000), "forgive");
  const [forgiven] = run.all("case.debt_forgiven");
  assertEquals([forgiven!.data.amount, forgiven!.data.approved_by], [cents(18_000), "jansen"]);
  assertEquals(run.timers.size, 0);
});

Deno.test("given a case that waits for a person, when the claim is paid, then it is resolved", () => {
  const run = new CaseRun().give("case.intake", fullIntake({}, { total_debt: cents(20_000) }), AT).settle();
  paid(run, 30_000);
  assertEquals(run.progress.state, "completed:resolved");
  assertEquals(run.timers.size, 0);
});

Deno.test("given two events that each would end the case, then the first one ends it and the second is refused", () => {
  const run = begun().give("case.payment_received", { amount: cents(27_000) }, LATER)
    .give("case.withdrawn", {}, LATER).settle();
  assertEquals(run.all("case.completed").map(({ data }) => data.outcome), ["resolved"]);
  assertEquals(run.all("case.event_refused").map(({ data }) => data.event_type), ["case.withdrawn"]);
});

Deno.test("given a case completed elsewhere, then its timer is cancelled", () => {
  const run = begun().give(
    "case.completed",
    { outcome: "escalated", duration_seconds: 1, total_savings: cents(0) },
    LATER,
  ).settle();
  assertEquals(run.timers.size, 0);
});

Deno.test("over two thousand generated cases the workflow says what was said by hand, in every delivery", () => {
  const { compared, ended } = compareFollowUp(2_000, "compared");
  assertEquals(ended, 2_000);
  assert(compared > 10_000, `${compared} deliveries`);
});

Deno.test("the same holds whatever happens to a case: late, twice, refused, reopened", () => {
  const { twin, twinned } = twinnedProcessors();
  const person = { decided_by: "jansen", reason: "x", next_steps: [] };
  const some = <T>(from: readonly T[], random: Random) => from[Math.floor(random() * from.length)]!;
  forAllHistories(twinned, {
    events: [
      (random) => ["case.payment_received", { amount: cents(1 + Math.floor(random() * 30_000)) }],
      (random) => ["case.intake", fullIntake({ debt_amount: cents(1 + Math.floor(random() * 60_000)) })],
      (random) => ["case.decision", { decision: some(decisions, random), ...person }],
      (random) => ["case.payment_missed", { instalment: some([1, 2, 3], random) }],
      (random) => ["case.assistance_accepted", {
        stage: some(["first_meeting", "plan", "plan_paid"] as const, random),
      }],
      () => ["case.intervention_requested", {}],
      () => ["case.withdrawn", {}],
    ],
    count: 300,
    sourceOf: (type) => type === "case.intake" ? "simulator" : undefined,
  }, () => {});
  assert(twin.compared > 2_000, `${twin.compared} deliveries`);
});

Deno.test("follow-up is pure", () => {
  assertPure(processors, (runner) =>
    runner.give("case.intake", fullIntake(), AT).pass("1d")
      .give("case.payment_received", { amount: cents(9_000) }).pass("30d").pass("30d")
      .give("case.withdrawn", {}).settle());
});

Deno.test("where a case stands in the chart is the state in which it is", () => {
  const run = begun();
  assertEquals([followUp.at(run.stateOf(followUp)), run.progress.state], [
    "in_payment_plan",
    "in_payment_plan",
  ]);
  assertEquals(followUp.chart.states.map(({ name }) => name), [...states]);
});
