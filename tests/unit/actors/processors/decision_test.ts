import { assertEquals } from "@std/assert";
import { cents } from "../../../../schema/money.ts";
import { AT, bareIntake, fullIntake } from "../reasoning/intakes.ts";
import { CaseRun } from "./case_run.ts";

const by = { decided_by: "jansen", reason: "knows more", next_steps: [] };

Deno.test("given a municipal levy, when a person forgives it after the test, then the case is closed", () => {
  const levy = { debt_type: "afvalstoffenheffing", debt_amount: cents(5_000) };
  const poor = { income_source: "bijstand", monthly_income: cents(130_000) } as const;
  const run = new CaseRun().give("case.intake", fullIntake(levy, poor), AT).settle();
  run.give("case.decision", { ...by, decision: "forgive" }, AT).settle();
  const forgiven = ["review_requested", "decision", "debt_forgiven", "completed"];
  assertEquals(run.types, ["intake", "analysis", ...forgiven]);
  assertEquals(run.all("case.debt_forgiven")[0]!.data.amount, cents(5_000));
  assertEquals(run.timers.size, 0);
});

Deno.test("given a decision on a plan that does not fit, then a person is asked again", () => {
  const intake = fullIntake({ debt_amount: cents(9_000 * 36 + 1) });
  const run = new CaseRun().give("case.intake", intake, AT).settle();
  run.give("case.decision", { ...by, decision: "payment_plan" }, AT).settle();
  assertEquals(run.all("case.review_requested").at(-1)!.data.reasons[0]!.code, "no_plan_fits");
  assertEquals(run.progress.state, "waiting_for_caseworker");
  assertEquals(run.timers.size, 1);
});

Deno.test("given a decision for a case that never came in, then it leads somewhere", () => {
  const after = (["forgive", "payment_plan", "collect", "refer_assistance"] as const).map((decision) =>
    new CaseRun().give("case.decision", { ...by, decision }, AT).settle()
  );
  assertEquals(after.map((run) => run.types.slice(1)), [["completed"], ["review_requested"], [], []]);
  assertEquals(after.map((run) => run.timers.size), [0, 1, 1, 1]);
});

Deno.test("given an intake after its decision, then the terms stay those that were set", () => {
  const run = new CaseRun().give("case.decision", { ...by, decision: "collect" }, AT).settle();
  run.give("case.intake", bareIntake({ debt_type: "verkeersboete" }), AT).settle();
  assertEquals(run.types, ["decision", "intake", "analysis", "event_refused"]);
  assertEquals(run.fire(), true);
  assertEquals(run.settle().progress.state, "completed:escalated");
});

Deno.test("given a completed case, when a caseworker decides, then the decision is refused, once", () => {
  const run = new CaseRun().give("case.intake", fullIntake({ debt_amount: cents(0) }), AT).settle();
  run.give("case.decision", { ...by, decision: "collect" }, AT).settle();
  assertEquals(run.types.slice(5), ["decision", "event_refused"]);
  assertEquals(run.timers.size, 0);
});
