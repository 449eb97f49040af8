import { assertEquals } from "@std/assert";
import { chainOf, historyOf, latestOf } from "../../../../../console/web/data/case_history.ts";
import type { StoredEvent } from "../../../../../schema/delivery_line.ts";
import type { EventType } from "../../../../../schema/events.ts";
import { anEvent } from "../../../../support/events.ts";

/** The history of a case with these events, each caused by the one before it. */
function history(...types: readonly EventType[]): StoredEvent[] {
  const events = types.map((type, i) => anEvent("zaak-1", i, type));
  return events.map((event, i) => {
    const causation_id = events[i - 1]?.event_id;
    const metadata = { ...event.metadata, ...(causation_id === undefined ? {} : { causation_id }) };
    return {
      position: i + 1,
      version: i + 1,
      recordedAt: Date.parse(event.timestamp),
      event: { ...event, metadata },
    };
  });
}

Deno.test("each version has the state of the case, what changed, its cause and its effects", () => {
  const steps = historyOf(
    history("case.intake", "case.analysis", "case.decision", "case.payment_plan_created"),
  );
  assertEquals(steps.map(({ state }) => state), ["received", "analysed", "plan_decided", "in_payment_plan"]);
  assertEquals(steps.map(({ cause }) => cause), [undefined, 1, 2, 3]);
  assertEquals(steps.map(({ effects }) => effects), [[2], [3], [4], []]);
  const [, , decided, running] = steps;
  assertEquals(decided!.changes.map(({ field }) => field), ["state", "decision", "decided_by"]);
  assertEquals(running!.facts.owed, { kind: "cents", value: 125_050 });
  assertEquals(running!.facts.waits?.value, "citizen");
  assertEquals(running!.deadline?.due, "2026-02-01");
});

Deno.test("an event that the case can't take changes nothing and says so", () => {
  const [, refused] = historyOf(history("case.intake", "case.payment_missed"));
  assertEquals([refused!.isAccepted, refused!.changes, refused!.state], [false, [], "received"]);
});

Deno.test("what can't be read is a version without a state, and the rest of the case is told", () => {
  const [first, second, third] = history("case.intake", "case.analysis", "case.decision");
  const malformed = { reason: "no JSON", raw: "{" };
  const steps = historyOf([first!, { ...second!, malformed }, third!]);
  assertEquals(steps.map(({ state }) => state), ["received", "unreadable", "plan_decided"]);
  assertEquals(latestOf(steps, "case.analysis", Infinity), undefined);
});

Deno.test("the chain of a version is what led to it and what came of it", () => {
  const all = history("case.intake", "case.analysis", "case.decision", "case.payment_received");
  const foreign = { ...all[3]!, event: { ...all[3]!.event, metadata: { schema_version: 1 } } };
  const steps = historyOf([...all.slice(0, 3), foreign]);
  assertEquals([...chainOf(steps, 2)].sort(), [1, 2, 3]);
  assertEquals([...chainOf(steps, 4)], [4]);
});
