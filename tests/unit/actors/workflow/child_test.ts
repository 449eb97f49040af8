import { assertEquals } from "@std/assert";
import { assertPure, given, givenWith } from "../../../../actors/testing/testing.ts";
import { mermaid } from "../../../../actors/workflow/workflow.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import { hearing, intervention, quickHearing } from "../../../support/workflow/hearing.ts";
import { TestRuntime } from "../../../support/misbehaving/runtime.ts";
import { anEvent, casesIn } from "../../../support/events.ts";

const asked = ["case.intervention_requested", {}] as const;
const CHILD = "case-1 hearing";
const wait = { parent_workflow: "intervention", wait: "heard" };
const ended = (change: object = {}) =>
  ["case.child_ended", { child: CHILD, workflow: "hearing", outcome: "held", ...wait, ...change }] as const;

Deno.test("a child is started in another case, and its end leads on by its name", () => {
  const started = given([intervention]).when(...asked).then(["case.addressed", { to: CHILD }]);
  assertEquals(started.runner.all("case.addressed")[0]!.data.data, {
    ...{ workflow: "hearing", parent: "case-1", ...wait, case_id: CHILD },
  });
  started.when(...ended()).then(["case.review_requested", { asked_of: "caseworker" }]);
  const cancelled = given([intervention], asked).when(...ended({ outcome: "cancelled" })).then();
  assertEquals(intervention.at(cancelled.runner.stateOf(intervention)), "withdrawn");
});

Deno.test("the end of another child, of another wait and of another case is not that of the child", () => {
  const others = [{ child: "case-2" }, { workflow: "another" }, { wait: "other" }, { parent_workflow: "x" }];
  const { runner } = given([intervention], asked, ...others.map(ended)).whenPassed("30d").then([
    "case.wait_expired",
  ]);
  assertEquals(intervention.at(runner.stateOf(intervention)), "never heard");
});

Deno.test("a child says by which end it is over, once, to who started it, also where it is cancelled", () => {
  const start = ["case.child_started", { workflow: "hearing", parent: "case-1", ...wait }] as const;
  const child = () => givenWith({ caseId: CHILD }, [hearing]).when(...start).then();
  const held = child().whenPassed("1d").then(["case.wait_expired"], ["case.addressed", { to: "case-1" }]);
  const withdrawn = child().when("case.withdrawn", {}).then(["case.addressed", { to: "case-1" }]);
  for (const [{ runner }, outcome] of [[held, "held"], [withdrawn, "cancelled"]] as const) {
    assertEquals(runner.all("case.addressed").map(({ data }) => data.data.outcome), [outcome]);
  }
  given([hearing]).when("case.child_started", { ...start[1], workflow: "another" }).then();
});

Deno.test("a workflow with a child is pure, says what it sends, and is drawn with it", () => {
  assertPure([intervention], (runner) => runner.give(...asked).give(...ended()).settle());
  assertEquals([intervention.sends, hearing.sends], [["case.child_started"], ["case.child_ended"]]);
  const lines = mermaid(intervention.chart).split("\n");
  assertEquals(lines.includes("  start_heard --> heard: / child_started"), true);
});

const worker = new URL("../../../support/workflow/hearing_worker.ts", import.meta.url);

/** Everything that two cases leave, without positions: those of two partitions have no common order. */
async function leftBy(passes: boolean): Promise<Map<string, WireEvent[]>> {
  const store = { partitions: 2, secret: "the same in both" };
  const runtime = new TestRuntime({
    ...{ store, processors: [intervention, quickHearing], options: { entry: worker, passes } },
  });
  await using _ = runtime;
  const cases = [...casesIn(0, 2, 2), ...casesIn(1, 2, 2)];
  // The same in both runs, and so late that no term passes meanwhile.
  const moment = "2999-01-01T00:00:00.000Z";
  await runtime.run(cases.map((caseId) => {
    const event = anEvent(caseId, 1, "case.intervention_requested");
    return { ...event, metadata: { ...event.metadata, moment } };
  }));
  const events = await Array.fromAsync(runtime.backend.readAll());
  return Map.groupBy(events.map(({ event }) => event), ({ correlation_id }) => correlation_id);
}

Deno.test("a workflow and its child in another partition leave the same in passes and delivery by delivery", async () => {
  const [fused, plain] = [await leftBy(true), await leftBy(false)];
  const types = fused.get("case-1")!.map(({ event_type }) => event_type.replace("case.", ""));
  assertEquals(types, ["intervention_requested", "addressed", "child_ended", "review_requested"]);
  assertEquals(fused.size, 8);
  for (const [caseId, events] of fused) assertEquals(plain.get(caseId), events);
});
