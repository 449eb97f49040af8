import { assertEquals } from "@std/assert";
import type { HandlerResult } from "../../../../actors/processor.ts";
import { cents } from "../../../../schema/money.ts";
import { differenceOf, outcomeLabel, ruleOf } from "../../../../simulators/what_if/outcome.ts";

function decided(
  decision: "collect" | "forgive",
  reason = "Because",
  rule = "decision/collect",
): HandlerResult {
  const rules = [{ id: rule, version: "1", source: "Policy" }];
  const data = { case_id: "a", decision, decided_by: "system", reason, next_steps: [], rules };
  return { events: [{ event_type: "case.decision", data }] };
}

const timer = (at: string): HandlerResult => ({
  events: [],
  timers: [{
    kind: "set",
    name: "deadline",
    at,
    event: { event_type: "case.term_expired", data: { case_id: "a", term: "payment", due: "2026-01-31" } },
  }],
});

Deno.test("differenceOf() tells texts from grounds", () => {
  assertEquals(differenceOf(decided("collect"), decided("collect")), "none");
  assertEquals(differenceOf(decided("collect"), decided("collect", "Therefore")), "wording");
  assertEquals(differenceOf(decided("collect"), decided("collect", "Because", "decision/other")), "grounds");
  assertEquals(differenceOf(decided("collect"), decided("forgive")), "grounds");
  assertEquals(differenceOf(decided("collect"), { events: [] }), "grounds");
});

Deno.test("differenceOf() sees a term that ends on another day", () => {
  assertEquals(differenceOf(timer("2026-01-31T23:00:00.000Z"), timer("2026-02-28T23:00:00.000Z")), "grounds");
  assertEquals(differenceOf(timer("2026-01-31T23:00:00.000Z"), timer("2026-01-31T23:00:00.000Z")), "none");
});

Deno.test("outcomeLabel() names what comes of a point in few words", () => {
  const plan = { case_id: "a", amount: cents(1), months: 13, instalments: [], missed_at: [] };
  assertEquals(outcomeLabel(decided("collect")), "collect");
  assertEquals(
    outcomeLabel({ events: [{ event_type: "case.payment_plan_created", data: plan }] }),
    "plan of at most 24 months",
  );
  assertEquals([outcomeLabel(timer("2026-01-31T23:00:00.000Z")), outcomeLabel({ events: [] })], [
    "waits",
    "nothing",
  ]);
});

Deno.test("ruleOf() is the first rule that is named", () => {
  assertEquals([ruleOf(decided("collect")), ruleOf({ events: [] })], ["decision/collect", "no rule"]);
});
