import { assertEquals } from "@std/assert";
import { type Lacking, PassRunner } from "../../../../actors/worker/pass_runner.ts";
import type { PassMember, PassRequest, PassResult } from "../../../../actors/worker/protocol.ts";
import { StateCache } from "../../../../actors/worker/state_cache.ts";
import type { AnyProcessor, CaseEvent, HandlerContext } from "../../../../actors/processor.ts";
import type { EventType } from "../../../../schema/events.ts";
import { decodeEvent } from "../../../../schema/codec.ts";
import { decodeLines, deliveryLine, encodeLines, parseRow } from "../../../../schema/delivery_line.ts";
import { anEvent } from "../../../support/events.ts";
import { fixedId } from "../../../support/misbehaving/fixed_ids.ts";

type Seen = readonly string[];

/** Takes some types, answers each with others, and remembers all it has seen of the case. */
function answering(
  name: string,
  answers: Partial<Record<EventType, readonly EventType[]>>,
  folds: readonly EventType[] = [],
): AnyProcessor {
  return {
    name,
    version: 1,
    takes: Object.keys(answers) as EventType[],
    folds,
    alarms: ["late"],
    initial: () => [],
    evolve: (seen: Seen, { event_type }: CaseEvent) => [...seen, event_type],
    handle({ event_type, data }: CaseEvent, seen: Seen, { version, now }: HandlerContext) {
      if (data.act === name) throw new TypeError("misbehaving");
      if (data.act === "slow") { for (const start = performance.now(); performance.now() < start + 120;); }
      if (data.act === "loop" && event_type !== "case.intake") { for (;;); }
      if (data.act === "loop at once") { for (;;); }
      const events = answers[event_type]!.map((type) => {
        const made = decodeEvent(anEvent(data.case_id, 1, type));
        return {
          event_type: type,
          data: { ...made.data, act: data.act, by: name, seen, version, now },
        } as never;
      });
      const timer = { kind: "set" as const, name: "deadline", at: "2026-02-01T00:00:00Z", event: events[0]! };
      const alarms = data.act === "late" ? { alarms: ["late"] } : {};
      return { events, timers: data.act === "timer" && events.length > 0 ? [timer] : [], ...alarms };
    },
  };
}

const intake = answering("intake", { "case.intake": ["case.analysis"] });
const analysis = answering("analysis", { "case.analysis": ["case.decision", "case.withdrawn"] }, [
  "case.intake",
]);
const decision = answering("decision", { "case.decision": ["case.completed"], "case.withdrawn": [] }, [
  "case.intake",
]);
const all = [intake, analysis, decision];

const cachesOf = (processors: readonly AnyProcessor[]) =>
  new Map(processors.map((processor) => [processor.name, new StateCache(processor, 100)]));

let position = 0;
interface Sent {
  readonly type?: EventType;
  readonly act?: string;
  readonly held?: boolean;
}
function line(caseId: string, version: number, { type, act, held = false }: Sent = {}): string {
  const wire = anEvent(caseId, version, type);
  const event = { ...wire, data: { ...wire.data, ...(act && { act }) } };
  return deliveryLine({
    position: ++position,
    version,
    attempt: 1,
    held,
    recordedAt: 1_000 + version,
    event,
  });
}

const member = (processor: string, part: Partial<PassMember> = {}): PassMember => ({
  ...{ processor, from: 0, to: Infinity, isCaughtUp: true },
  ...part,
});

function requestOf(lines: readonly string[], more: Partial<PassRequest> = {}): PassRequest {
  const members = all.map(({ name }) => member(name));
  const bounds = { deliveries: 100, outputs: 1_000_000 };
  return {
    id: 1,
    partition: 0,
    lines: encodeLines(lines),
    members,
    bounds,
    sequencer: 1,
    isLastStored: false,
    ...more,
  };
}

type Fused = PassResult & { kind: "fused" };

function fused(result: PassResult | Lacking): Fused {
  if (result.kind !== "fused") throw new Error(`not fused: ${JSON.stringify(result)}`);
  return result;
}

/** What was made: its case and version, its type, and what its maker had seen of the case. */
function madeBy(result: PassResult | Lacking) {
  return decodeLines(fused(result).outputs).map((output) => {
    const { event: { correlation_id, event_type, data } } = parseRow(output.slice(output.indexOf("\t") + 1));
    return [
      correlation_id,
      Number.parseInt(output),
      event_type.slice(5),
      data.by,
      (data.seen as Seen).length,
    ];
  });
}

function play(request: PassRequest, runner = new PassRunner(cachesOf(all), fixedId), timeoutMs = 10_000) {
  assertEquals(runner.begin(request), undefined);
  return runner.finish(request.id, timeoutMs, () => {});
}

Deno.test("what a processor emits is handed on in the same pass, in the order of the case's versions", () => {
  assertEquals(madeBy(play(requestOf([line("a", 1), line("b", 1)]))), [
    ["a", 2, "analysis", "intake", 0],
    ["a", 3, "decision", "analysis", 1],
    ["a", 4, "withdrawn", "analysis", 1],
    ["a", 5, "completed", "decision", 1],
    ["b", 2, "analysis", "intake", 0],
    ["b", 3, "decision", "analysis", 1],
    ["b", 4, "withdrawn", "analysis", 1],
    ["b", 5, "completed", "decision", 1],
  ]);
});

Deno.test("what was stored of a case comes before what is made of it", () => {
  const made = madeBy(play(requestOf([line("a", 1), line("b", 1), line("a", 2)])));
  assertEquals(
    made.filter(([caseId]) => caseId === "a").map(([, version, type, , seen]) => [version, type, seen]),
    [
      [3, "analysis", 0],
      [4, "analysis", 1],
      [5, "decision", 2],
      [6, "withdrawn", 2],
      [7, "decision", 3],
      [8, "withdrawn", 3],
      [9, "completed", 2],
      [10, "completed", 4],
    ],
  );
});

Deno.test("each processor's own work is told apart, by when the chain began", () => {
  const result = fused(play(requestOf([line("a", 1, { act: "late" })])));
  const at = Float64Array.of(1_001);
  assertEquals(result.members, [
    {
      ...{ processor: "intake", isChained: false, done: { "case.intake": at }, alarms: { late: 1 } },
      outputTypes: { "case.analysis": 1 },
    },
    {
      ...{ processor: "analysis", isChained: true, done: { "case.analysis": at }, alarms: { late: 1 } },
      outputTypes: { "case.decision": 1, "case.withdrawn": 1 },
    },
    {
      ...{ processor: "decision", isChained: true, done: { "case.decision": at, "case.withdrawn": at } },
      alarms: { late: 2 },
      outputTypes: { "case.completed": 1 },
    },
  ]);
});

Deno.test("a processor is handed only its own stretch, and what is made only if it has read all there is", () => {
  const lines = [line("a", 1), line("b", 1), line("c", 1)];
  const members = [
    member("intake", { from: position - 2, to: position - 1 }),
    member("analysis", { isCaughtUp: false }),
    member("decision"),
  ];
  assertEquals(madeBy(play(requestOf(lines, { members }))), [["b", 2, "analysis", "intake", 0]]);
});

for (
  const { name, sent, reason, failed } of [
    { name: "throws in the middle of a chain", sent: { act: "decision" }, reason: "failed" },
    { name: "throws at a line", sent: { act: "intake" }, reason: "failed", failed: "TypeError" },
    { name: "waits behind a failure", sent: { held: true }, reason: "held" },
    { name: "does not return in the middle of a chain", sent: { act: "loop" }, reason: "time" },
    {
      ...{ name: "does not return at a line", sent: { act: "loop at once" } },
      ...{ reason: "time", failed: "DeliveryTimeout" },
    },
  ]
) {
  Deno.test(`a pass with a delivery that ${name} counts for nothing`, () => {
    const runner = new PassRunner(cachesOf(all), fixedId);
    const result = play(requestOf([line("a", 1), line("b", 1, sent)]), runner, 200);
    if (result.kind !== "not_fused") throw new Error(`${result.kind}`);
    const { failure } = result;
    assertEquals([result.reason, failure?.failed.error.class], [reason, failed]);
    // What the store has is charged with its first attempt, and nothing else is.
    if (failure === undefined) return;
    const { failed: { position: at, attempt, final, held } } = failure;
    assertEquals([failure.processor, at, attempt, final, held], ["intake", position, 1, false, false]);
  });
}

Deno.test("nothing is handled of a pass in which something must wait", () => {
  const handled: number[] = [];
  const runner = new PassRunner(cachesOf(all), fixedId);
  runner.begin(requestOf([line("a", 1), line("b", 1, { held: true })]));
  runner.finish(1, 10_000, (delivery) => handled.push(delivery));
  assertEquals(handled, []);
});

Deno.test("a pass may take longer in all than one delivery may, and goes on where it was stopped", () => {
  const lines = [1, 2, 3, 4, 5].map((n) => line(`case-${n}`, 1, { act: "slow" }));
  const made = madeBy(play(requestOf(lines), new PassRunner(cachesOf(all), fixedId), 500));
  assertEquals(made.filter(([caseId]) => caseId === "case-5").map(([, version, type]) => [version, type]), [
    [2, "analysis"],
    [3, "decision"],
    [4, "withdrawn"],
    [5, "completed"],
  ]);
  assertEquals(made.length, 20);
});

Deno.test("a pass ends at its bounds, also one whose chain would never end", () => {
  const endless = answering("endless", { "case.intake": ["case.intake"] });
  const request = requestOf([line("a", 1)], { members: [member("endless")] });
  const few = { ...request, bounds: { deliveries: 1_000, outputs: 10_000 } };
  const expected = { kind: "not_fused", reason: "bounds" } as PassResult;
  assertEquals(play(request, new PassRunner(cachesOf([endless]), fixedId)), expected);
  assertEquals(play(few, new PassRunner(cachesOf([endless]), fixedId)), expected);
});

Deno.test("of one timer the last change counts", () => {
  const result = fused(play(requestOf([line("a", 1, { act: "timer" })])));
  assertEquals(result.timers.map(({ processor, name }) => [processor, name]), [
    ["intake", "deadline"],
    ["analysis", "deadline"],
    ["decision", "deadline"],
  ]);
});

Deno.test("states of a pass are built on once it is stored, and dropped otherwise", () => {
  for (
    const { isLastStored, sequencer, isKept } of [
      { isLastStored: true, sequencer: 1, isKept: true },
      { isLastStored: false, sequencer: 1, isKept: false },
      { isLastStored: true, sequencer: 2, isKept: false },
    ]
  ) {
    const runner = new PassRunner(cachesOf(all), fixedId);
    play(requestOf([line("a", 1)]), runner);
    const needs = runner.begin(requestOf([line("a", 6)], { id: 2, sequencer, isLastStored }))?.needs ?? [];
    // Each has seen the whole case, of which the pass made five versions; without it all of it is read anew.
    assertEquals(needs, isKept ? [] : [{ caseId: "a", after: 0, before: 7 }]);
  }
});

Deno.test("a state that is missing for a line is asked for before anything is handled", () => {
  const runner = new PassRunner(cachesOf(all), fixedId);
  const request = requestOf([line("a", 3, { type: "case.analysis" })], {
    members: [member("analysis"), member("decision")],
  });
  assertEquals(runner.begin(request)?.needs, [{ caseId: "a", after: 0, before: 4 }]);
  const stored = [line("a", 1), line("a", 2, { type: "case.payment_missed" })];
  runner.addHistories(1, stored.join("\n"));
  assertEquals(
    madeBy(runner.finish(1, 10_000, () => {})).map(([, version, type, , seen]) => [version, type, seen]),
    [
      [4, "decision", 1],
      [5, "withdrawn", 1],
      [6, "completed", 1],
    ],
  );
});

Deno.test("a processor that is handed only what is made asks for the case's history when it comes to it", () => {
  const caches = cachesOf(all);
  caches.get("intake")!.put("a", 2, []);
  const runner = new PassRunner(caches, fixedId);
  assertEquals(runner.begin(requestOf([line("a", 3)])), undefined);
  const lacking = runner.finish(1, 10_000, () => {});
  assertEquals("needs" in lacking && lacking.needs, [{ caseId: "a", after: 0, before: 4 }]);
  runner.addHistories(1, [line("a", 1), line("a", 2)].join("\n"));
  assertEquals(
    madeBy(runner.finish(1, 10_000, () => {})).map(([, version, type, , seen]) => [version, type, seen]),
    [
      [4, "analysis", 0],
      [5, "decision", 3],
      [6, "withdrawn", 3],
      [7, "completed", 3],
    ],
  );
});
