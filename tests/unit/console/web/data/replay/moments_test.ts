import { assertEquals } from "@std/assert";
import { answeredBy, flowMoments } from "../../../../../../console/web/data/replay/moments.ts";
import type { StoppedDelivery } from "../../../../../../backends/dead_letters.ts";
import type { StoredEvent } from "../../../../../../schema/delivery_line.ts";
import type { EventType } from "../../../../../../schema/events.ts";
import { anEvent } from "../../../../../support/events.ts";

interface Given {
  readonly type: EventType;
  readonly version: number;
  readonly at: number;
  /** The step of its cause, and what made it. */
  readonly by?: readonly [number, string];
}

function slice(...given: readonly Given[]): StoredEvent[] {
  const events = given.map(({ type }, i) => anEvent("zaak-1", i, type));
  return given.map(({ version, at, by }, i) => {
    const caused = by && { causation_id: events[by[0]]!.event_id, source: by[1] };
    const event = { ...events[i]!, metadata: { ...events[i]!.metadata, ...caused } };
    return { position: 10 + i, version, recordedAt: at, event };
  });
}

const events = slice(
  { type: "case.intake", version: 1, at: 0 },
  { type: "case.analysis", version: 2, at: 1_000, by: [0, "intake@1"] },
  { type: "case.completed", version: 3, at: 70_000, by: [1, "analysis@1"] },
);
const names = ["intake", "analysis"];

Deno.test("at each event the flow is what came and went in the minute before, and what is answered later", () => {
  const moments = flowMoments({ events, next: undefined, dead: [], parked: [] }, names);
  assertEquals(moments.map(({ opened, closed }) => [opened, closed]), [[1, 0], [1, 0], [0, 1]]);
  const figures = moments.map(({ processors }) => processors.map(({ rate, pending }) => [rate, pending]));
  assertEquals(figures, [[[0, 1], [0, 0]], [[1, 0], [0, 1]], [[0, 0], [1, 0]]]);
});

Deno.test("what is stuck is counted from the event on at which it is", () => {
  const at = (event: StoredEvent, processor: string) => ({ processor, event }) as StoppedDelivery;
  const stopped = { dead: [at(events[1]!, "analysis")], parked: [at(events[2]!, "intake")] };
  const moments = flowMoments({ events, next: undefined, ...stopped }, names);
  assertEquals(moments.map(({ processors }) => processors.map(({ dead, parked }) => [dead, parked])), [
    [[0, 0], [0, 0]],
    [[0, 0], [1, 0]],
    [[0, 1], [1, 0]],
  ]);
});

Deno.test("an answer is of the processor that it names, whatever its version, and no term that ran out", () => {
  const from = (source: string, type: EventType = "case.analysis") => {
    const event = anEvent("zaak-1", 1, type);
    return answeredBy("intake", { ...event, metadata: { ...event.metadata, source, causation_id: "cause" } });
  };
  assertEquals(["intake@1", "intake@22", "intake_more@1", "portal"].map((source) => from(source)), [
    "cause",
    "cause",
    undefined,
    undefined,
  ]);
  assertEquals(from("intake@1", "case.term_expired"), undefined);
});
