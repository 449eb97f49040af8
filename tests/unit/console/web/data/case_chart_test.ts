import { assertEquals } from "@std/assert";
import { caseChart as chart } from "../../../../../actors/application.ts";
import { caseChart, layersOf } from "../../../../../console/web/data/case_chart.ts";
import { historyOf } from "../../../../../console/web/data/case_history.ts";
import type { EventType, WireEvent } from "../../../../../schema/events.ts";
import { anEvent } from "../../../../support/events.ts";
import { reminder } from "../../../actors/workflow/reminder.ts";

const stored = (event: WireEvent, i: number) => ({
  ...{ event, version: i + 1, position: i + 1, recordedAt: Date.parse(event.timestamp), partition: 0 },
});

function stepsOf(...types: readonly EventType[]) {
  return historyOf(types.map((type, i) => stored(anEvent("case-1", i + 1, type), i)));
}

Deno.test("layers run from the begin to the ends, with what may come at any time in between", () => {
  assertEquals(layersOf(chart), [
    ["new"],
    ["received"],
    ["analysed"],
    ["waiting_for_caseworker", "plan_decided", "referred", "in_collection", "forgiven", "withdrawing"],
    ["in_payment_plan", "in_assistance"],
    ["completed:resolved", "completed:withdrawn", "completed:escalated"],
  ]);
});

Deno.test("every state of any workflow has one place in its layers", () => {
  for (const each of [chart, reminder.chart]) {
    assertEquals(layersOf(each).flat().toSorted(), each.states.map(({ name }) => name).toSorted());
  }
});

Deno.test("a case is where its latest step led, with the versions of its way and what would lead on", () => {
  const nodes = caseChart(
    chart,
    stepsOf("case.intake", "case.analysis", "case.decision", "case.payment_plan_created"),
  )
    .flat();
  const versions = nodes.flatMap(({ name, versions }) => versions.map((version) => `${version} ${name}`));
  assertEquals(versions.toSorted(), ["1 received", "2 analysed", "3 plan_decided", "4 in_payment_plan"]);
  assertEquals(nodes.filter(({ isHere }) => isHere).map(({ name }) => name), ["in_payment_plan"]);
  const by = Object.fromEntries(nodes.map(({ name, by }) => [name, by]));
  assertEquals([by["withdrawing"], by["referred"], by["received"]], [
    ["case.withdrawn"],
    ["case.decision"],
    [],
  ]);
});

Deno.test("a case without a step stands at the begin", () => {
  assertEquals(caseChart(chart, []).flat().find(({ isHere }) => isHere)?.name, "new");
});
