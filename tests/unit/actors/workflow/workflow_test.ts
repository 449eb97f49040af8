import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { assertPure, CaseRunner, forAllHistories, given } from "../../../../actors/testing/testing.ts";
import { InvalidWorkflow, mermaid, versions, workflow } from "../../../../actors/workflow/workflow.ts";
import { cents } from "../../../../schema/money.ts";
import { reminder } from "./reminder.ts";

const missed = ["case.payment_missed", { instalment: 1 }] as const;
const pays = (amount: number) => ["case.payment_received", { amount: cents(amount) }] as const;

/** Where the case stands in the chart. */
const standsAt = (runner: CaseRunner) => reminder.at(runner.stateOf(reminder));

Deno.test("a workflow does its steps, waits, and goes on when what it waits for comes", () => {
  const { runner } = given([reminder]).when(...missed).then(["case.payment_plan_created", { months: 1 }])
    .when(...pays(4_000)).then().when(...pays(6_000)).then();
  assertEquals([standsAt(runner), runner.timers.size], ["papers", 0]);
});

Deno.test("a wait that expires leads elsewhere, and a loop leads back until enough is enough", () => {
  const { runner } = given([reminder], missed)
    .whenPassed("14d").then(["case.wait_expired"], ["case.review_requested"])
    .whenPassed("14d").then(["case.wait_expired"], ["case.review_requested"])
    .whenPassed("14d").then(["case.wait_expired"])
    .when(...pays(10_000)).then();
  assertEquals([standsAt(runner), runner.timers.size], ["given up", 0]);
  const codes = runner.all("case.review_requested").map(({ data }) => data.reasons[0]!.code);
  assertEquals(codes, ["reminder_1", "reminder_2"]);
});

Deno.test("several are awaited in any order, each once, and a time passes before the end", () => {
  const assisted = ["case.assistance_accepted", { stage: "plan" }] as const;
  const analysed = {
    ...{ risk_score: 1, success_probability: 1, recommended_action: "collect" as const },
    ...{ estimated_savings: cents(0), analysis_confidence: 1 },
  };
  const { runner } = given([reminder], missed, pays(10_000), assisted, assisted)
    .when("case.analysis", analysed).then();
  assertEquals(standsAt(runner), "cool off");
  assertEquals(standsAt(runner.pass("1d")), "settled");
});

Deno.test("what was done is taken back on another arrival, and on a cancellation", () => {
  const undone = ["case.debt_forgiven", { reason: "taken back", amount: cents(9_000) }] as const;
  const refused = given([reminder], missed, pays(1_000)).when("case.intervention_requested", {}).then(undone);
  assertEquals(standsAt(refused.runner), "refused");
  const cancelled = given([reminder], missed, pays(1_000)).when("case.withdrawn", {}).then(undone);
  assertEquals([standsAt(cancelled.runner), cancelled.runner.timers.size], ["cancelled", 0]);
});

Deno.test("an event that begins nothing, and a timer of another wait, change nothing", () => {
  given([reminder]).when(...pays(1)).then().when("case.withdrawn", {}).then();
  const { runner } = given([reminder], missed).whenPassed("1d").then();
  const stale = { workflow: "reminder", wait: "payment", expires_at: "2026-01-01T00:00:00.000Z" };
  runner.give("case.wait_expired", stale).settle();
  assertEquals([standsAt(runner), runner.types.at(-1)], ["payment", "wait_expired"]);
});

Deno.test("it is pure, and whatever happens to a case it stands in its chart with a timer exactly where it has a term", () => {
  assertPure([reminder], (runner) => runner.give(...missed).pass("30d").give(...pays(10_000)).settle());
  const states = new Map(reminder.chart.states.map((state) => [state.name, state]));
  forAllHistories([reminder], {
    events: [
      () => [...missed],
      (random) => [...pays(1 + Math.floor(random() * 9_000))],
      () => ["case.intervention_requested", {}],
      () => ["case.withdrawn", {}],
      () => ["case.assistance_accepted", { stage: "plan" }],
    ],
    count: 200,
  }, (runner) => {
    const { kind, term } = states.get(standsAt(runner))!;
    return (kind === "wait" || kind === "end") && runner.timers.size === (term === undefined ? 0 : 1);
  });
});

Deno.test("the chart has the states, the moves and what they emit", () => {
  const drawing = mermaid(reminder.chart);
  for (
    const line of [
      "  [*] --> begin\n  begin --> plan: payment_missed",
      "  plan --> payment: / payment_plan_created",
      "  payment --> how_often: after 14d",
      "  payment --> papers: payment_received",
      "  papers --> cool_off: income and meeting",
      "  remind --> payment: / review_requested",
      "  payment --> cancelled: withdrawn / debt_forgiven",
      "  settled --> [*]",
    ]
  ) assertStringIncludes(drawing, line);
});

/** The problems of a definition that can't be built. */
function problemsOf(build: () => unknown): readonly string[] {
  return assertThrows(build, InvalidWorkflow).problems;
}

const begun = () => workflow("w", { version: 1, emits: ["case.debt_forgiven"] }).on("case.intake");
const forgiven = () => ({ amount: cents(1), reason: "x", approved_by: "y" });

Deno.test("a workflow with an unreachable state is refused when it is built", () => {
  const lost = begun().step("forgive", "case.debt_forgiven", forgiven).end("over").after("1d", "lost");
  assertEquals(problemsOf(() => lost.end("over").build()), [
    "The state lost is unreachable: nothing leads to it from begin",
  ]);
});

Deno.test("a wait without a term, or with one of which nothing comes, is refused when it is built", () => {
  const wait = { on: "case.payment_received" } as never;
  const waiting = begun().step("forgive", "case.debt_forgiven", forgiven).waitFor("payment", wait).end(
    "paid",
  );
  assertEquals(problemsOf(() => waiting.build()), [
    "The wait payment has no term: give it one, or say why it may wait for ever",
  ]);
  const silent = begun().waitFor("payment", { on: "case.payment_received", within: "1d" }).end("paid");
  assertEquals(problemsOf(() => silent.build()), [
    "Nothing follows payment (after 1d): end it, or go on elsewhere",
  ]);
});

Deno.test("an output that is not declared, or declared in vain, is refused when it is built", () => {
  const undeclared = begun().step("tell", "case.completed" as never, (() => undefined) as never).end("over");
  assertEquals(problemsOf(() => undeclared.build()), [
    "The output case.completed is not declared: add it to emits",
    "The output case.debt_forgiven is declared, and no step emits it",
  ]);
});

Deno.test("what leads nowhere, in a circle, or twice by one name is refused, all at once", () => {
  const path = begun().after("x" as never).after("1d", "pause").after("1d", "pause").goto("nowhere");
  assertEquals(problemsOf(() => path.compensate("case.debt_forgiven", forgiven).build()), [
    "The wait after x: A duration is a number and one of s, m, h, d, w: x",
    "Two states have the name pause",
    "A compensation of case.debt_forgiven follows no step",
    "pause (after 1d) leads to nowhere, which is no state of the workflow",
  ]);
  const circle = begun().step("again", "case.debt_forgiven", forgiven).goto("again");
  assertEquals(problemsOf(() => circle.build()), ["again leads back to itself without a wait"]);
  const hidden = begun().waitFor("one", { on: "case.analysis", withoutTerm: "x" })
    .or("two", { on: "case.analysis" }, (way) => way.end("b")).end("a");
  assertEquals(problemsOf(() => hidden.build()), [
    "The wait one never comes to two: an earlier arrival takes every case.analysis",
  ]);
});

Deno.test("a workflow says where it begins on a store that has history, and versions what the latest says", () => {
  const emits: readonly "case.completed"[] = [];
  const late = (version: number, begins?: "beginning") =>
    workflow("late", { version, emits, ...begins && { begins } }).on("case.intake").after("1d").end("over")
      .build();
  assertEquals([late(1).begins, late(1, "beginning").begins], [undefined, "beginning"]);
  const both = versions(late(1), { workflow: late(2, "beginning"), since: "2026-01-01T00:00:00Z" });
  assertEquals(both.begins, "beginning");
});
