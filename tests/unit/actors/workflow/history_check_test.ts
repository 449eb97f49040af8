import { assertEquals } from "@std/assert";
import { CaseRunner, given, type GivenEvent } from "../../../../actors/testing/testing.ts";
import { HistoryCheck } from "../../../../actors/workflow/history_check.ts";
import type { Workflow } from "../../../../actors/workflow/workflow.ts";
import { cents } from "../../../../schema/money.ts";
import { reminder } from "./reminder.ts";

const events: readonly GivenEvent[] = [
  ["case.payment_missed", { instalment: 1 }],
  ["case.payment_received", { amount: cents(4_000) }, "20d"],
  ["case.payment_received", { amount: cents(6_000) }, "1d"],
];

// deno-lint-ignore no-explicit-any
function checked(workflow: Workflow<any>, { log }: CaseRunner) {
  const check = new HistoryCheck(workflow);
  log.forEach((event, i) => check.take({ event, version: i + 1, position: i + 1, recordedAt: 0 }));
  return check.report();
}

const { runner } = given([reminder], ...events).whenPassed("1h");

Deno.test("a workflow over its own history says what it said, and where cases stand", () => {
  const { deliveries, differing, cases, states } = checked(reminder, runner);
  assertEquals({ deliveries, differing, cases, states }, {
    ...{ deliveries: 4, differing: 0, cases: 1, states: { papers: 1 } },
  });
});

Deno.test("a version that says other, more or nothing, or throws, differs by each delivery, without what stands in it", () => {
  const other: typeof reminder = {
    ...reminder,
    handle(event, state, context) {
      const { events } = reminder.handle(event, state, context);
      if (event.event_type === "case.payment_missed") return { events: [] };
      if (event.event_type === "case.payment_received") throw new TypeError("no such field");
      return { events: [...events, ...events] };
    },
  };
  const { differing, differences } = checked(other, runner);
  assertEquals([differing, differences.map(({ event_type, now, stored }) => [event_type, now, stored])], [4, [
    ["case.payment_plan_created", "nothing", "case.payment_plan_created"],
    ["case.payment_received", "TypeError: no such field", "nothing"],
    ["case.payment_received", "TypeError: no such field", "nothing"],
    ["case.wait_expired", "case.review_requested, case.review_requested", "case.review_requested"],
  ]]);
});
