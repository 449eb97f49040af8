/** A payment that was made in time and recorded when the case had closed over it. @module */
import { assert, assertEquals } from "@std/assert";
import type { Cents } from "../../../../../schema/money.ts";
import { cents } from "../../../../../schema/money.ts";
import { CaseRun } from "../../processors/case_run.ts";
import { AT, fullIntake } from "../intakes.ts";

const by = { decided_by: "jansen", reason: "knows more", next_steps: [] };

/** A plan of three instalments of €90 that nobody pays, until two are missed: on 30 March by the first of two days of grace. */
function escalatedPlan(): CaseRun {
  const run = new CaseRun().give("case.intake", fullIntake({ debt_amount: cents(27_000) }), AT).settle();
  while (run.fire()) run.settle();
  assertEquals(run.progress.state, "completed:escalated");
  return run;
}

/** A claim of €300 that is to be paid by 12 February and is not. */
function escalatedCollection(): CaseRun {
  const run = new CaseRun().give("case.intake", fullIntake({ debt_amount: cents(30_000) }), AT).settle();
  run.give("case.decision", { ...by, decision: "collect" }, AT).settle();
  run.fire();
  return run.settle();
}

const closedAt = (run: CaseRun) => run.all("case.completed").at(-1)!.timestamp;
const daysFrom = (at: string, days: number) =>
  new Date(Date.parse(at) + days * 86_400_000 - 1_000).toISOString();

function paid(run: CaseRun, amount: number, at: string, recorded: string): CaseRun {
  return run.give("case.payment_received", { amount: cents(amount) as Cents }, at, recorded).settle();
}

Deno.test("an instalment that was paid in time and stored late reopens the plan, whose next term runs", () => {
  const run = escalatedPlan();
  paid(run, 9_000, daysFrom(closedAt(run), 0), daysFrom(closedAt(run), 13));
  assertEquals(run.types.slice(-2), ["payment_received", "reopened"]);
  const { data } = run.all("case.reopened")[0]!;
  assertEquals([data.state, data.window_days, data.rules[0]!.certainty], [
    "in_payment_plan",
    14,
    "assumption",
  ]);
  assertEquals(data.reopened_by, run.all("case.payment_received")[0]!.event_id);
  assertEquals([run.progress.state, run.progress.ending], ["in_payment_plan", undefined]);
  assertEquals(run.timers.size, 1);
  // Whoever pays on keeps the plan.
  paid(run, 18_000, daysFrom(closedAt(run), 14), daysFrom(closedAt(run), 14));
  assertEquals(run.progress.state, "completed:resolved");
  assertEquals(run.all("case.completed").map(({ data }) => data.outcome), ["escalated", "resolved"]);
});

Deno.test("a claim that was paid in time and stored late is resolved after all", () => {
  const run = escalatedCollection();
  paid(run, 30_000, daysFrom(closedAt(run), 0), daysFrom(closedAt(run), 3));
  assertEquals(run.types.slice(-3), ["payment_received", "reopened", "completed"]);
  assertEquals(run.progress.state, "completed:resolved");
  assertEquals(run.timers.size, 0);
});

Deno.test("two payments of one late bank file reopen a case once", () => {
  const run = escalatedPlan();
  const [at, recorded] = [daysFrom(closedAt(run), -1), daysFrom(closedAt(run), 2)];
  run.give("case.payment_received", { amount: cents(9_000) as Cents }, at, recorded);
  paid(run, 9_000, at, recorded);
  assertEquals(run.all("case.reopened").length, 1);
  assertEquals([run.progress.received, run.progress.running?.missed], [18_000, []]);
  assertEquals(run.all("case.event_refused"), []);
});

Deno.test("what was paid too late, became known too late or is too little reopens nothing, and is told", () => {
  for (
    const [amount, madeAfter, knownAfter] of [[9_000, 1, 1], [9_000, 0, 15], [100, 0, 1]] as const
  ) {
    const run = escalatedPlan();
    paid(run, amount, daysFrom(closedAt(run), madeAfter), daysFrom(closedAt(run), knownAfter));
    assertEquals(run.types.slice(-2), ["payment_received", "event_refused"], `${amount}`);
    assertEquals(run.progress.state, "completed:escalated");
  }
});

Deno.test("a case that was withdrawn, resolved or closed by an organisation is not reopened", () => {
  const endings = [
    (run: CaseRun) => run.give("case.withdrawn", {}, AT),
    (run: CaseRun) => run.give("case.payment_received", { amount: cents(27_000) as Cents }, AT),
    (run: CaseRun) =>
      run.give("case.completed", {
        outcome: "escalated",
        duration_seconds: 1,
        total_savings: cents(0) as Cents,
      }, AT),
  ];
  for (const end of endings) {
    const run = new CaseRun().give("case.intake", fullIntake({ debt_amount: cents(27_000) }), AT).settle();
    end(run).settle();
    paid(run, 27_000, AT, AT);
    assertEquals(run.all("case.reopened"), []);
    assert(run.types.includes("event_refused"));
  }
});

Deno.test("a caseworker may decide on a case that was reopened", () => {
  const run = escalatedPlan();
  paid(run, 9_000, daysFrom(closedAt(run), 0), daysFrom(closedAt(run), 1));
  run.give("case.decision", { ...by, decision: "refer_assistance" }, daysFrom(closedAt(run), 2)).settle();
  assertEquals([run.progress.state, run.all("case.event_refused").length], ["referred", 0]);
});
