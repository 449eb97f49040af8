import { assert, assertEquals } from "@std/assert";
import { BatchRun } from "../../../../actors/worker/batch_run.ts";
import { DeliveryTimeout } from "../../../../actors/worker/failed_attempt.ts";
import { StateCache } from "../../../../actors/worker/state_cache.ts";
import {
  type AnyProcessor,
  type CaseEvent,
  type HandlerResult,
  Reject,
} from "../../../../actors/processor.ts";
import type { EventType, WireEvent } from "../../../../schema/events.ts";
import {
  decodeLines,
  deliveryLine,
  encodeLines,
  parseRow,
  rowsOf,
} from "../../../../schema/delivery_line.ts";
import { decodeEvent } from "../../../../schema/codec.ts";
import { anEvent } from "../../../support/events.ts";
import { fixedId } from "../../../support/misbehaving/fixed_ids.ts";

const acts: Record<string, () => void> = {
  throw() {
    throw new TypeError("misbehaving");
  },
  reject() {
    throw new Reject("no");
  },
};

/** Takes intakes, folds payments; answers with the versions that its state has seen. */
const processor: AnyProcessor = {
  name: "misbehaving",
  version: 1,
  takes: ["case.intake"],
  folds: ["case.payment_received"],
  alarms: ["late"],
  initial: () => [],
  evolve: (seen: number[], { data }: CaseEvent) => [...seen, data.n as number],
  handle({ data }: CaseEvent, seen: number[]): HandlerResult {
    if (typeof data.act === "string") acts[data.act]!();
    const analysis = decodeEvent(anEvent(data.case_id, 1, "case.analysis"));
    const event = { event_type: "case.analysis", data: { ...analysis.data, n: data.n, seen } } as never;
    const timers = typeof data.timer !== "string" ? [] : [
      { kind: "set" as const, name: data.timer, at: `2026-02-0${data.n}T00:00:00Z`, event },
    ];
    return { events: [event], timers, ...(data.isLate === true ? { alarms: ["late"] } : {}) };
  },
};

interface Sent {
  readonly version?: number;
  readonly held?: boolean;
  readonly attempt?: number;
  readonly type?: EventType;
  readonly data?: Record<string, unknown>;
}

let position = 0;

/** Delivery `n` of a case, which is also its version unless another one is given. */
function line(caseId: string, n: number, sent: Sent = {}): string {
  const wire = anEvent(caseId, n, sent.type);
  const event: WireEvent = { ...wire, data: { ...wire.data, ...sent.data } };
  const { version = n, attempt = 1, held = false } = sent;
  return deliveryLine({ position: ++position, version, attempt, held, recordedAt: 1_000 + n, event });
}

const acting = (act: string): Sent => ({ data: { act } });

function open(lines: string[], states = new StateCache(processor, 100), others: StateCache[] = []): BatchRun {
  return new BatchRun(states, others, 0, encodeLines(lines), fixedId);
}

/** Runs to the end. */
function play(run: BatchRun, histories: string[] = []) {
  run.addHistories(histories.join("\n"));
  while (!run.isFinished) run.step();
  const result = run.result();
  const rows = rowsOf(result.outputs).map((row) => parseRow(row).event);
  const answered = rows.map(({ correlation_id, data }) => [correlation_id, data.n, data.seen]);
  const failed = result.failedAttempts.map(({ caseId, held, final, attempt, error }) =>
    held ? [caseId, "held", attempt] : [caseId, error.class, attempt, final]
  );
  return { ...result, answered, failed };
}

Deno.test("every delivery is handled in order, on the state of everything before it", () => {
  const { answered, failed, done, outputTypes } = play(open([line("a", 1), line("b", 1), line("a", 2)]));
  assertEquals(answered, [["a", 1, []], ["b", 1, []], ["a", 2, [1]]]);
  assertEquals([failed, outputTypes], [[], { "case.analysis": 3 }]);
  assertEquals(done, { "case.intake": Float64Array.of(1_001, 1_001, 1_002) });
});

Deno.test("alarms are counted, and a result without any has none", () => {
  const late: Sent = { data: { isLate: true } };
  assertEquals(play(open([line("a", 1, late), line("b", 1), line("c", 1, late)])).alarms, { late: 2 });
  assertEquals("alarms" in play(open([line("a", 1)])), false);
});

Deno.test("an output is said to come behind all that the batch knows of its case", () => {
  const { outputs } = play(
    open([line("a", 1), line("b", 4, { version: 1 }), line("a", 2), line("a", 3, acting("throw"))]),
  );
  assertEquals(decodeLines(outputs).map((output) => Number.parseInt(output)), [4, 2, 5]);
});

Deno.test("a failure holds what follows of its case, and nothing else; only what is done has outputs (I3)", () => {
  const { answered, failed, done } = play(open([
    line("a", 1),
    line("a", 2, { ...acting("throw"), attempt: 2 }),
    line("b", 1),
    line("a", 3),
    line("b", 2),
    line("a", 4, acting("throw")),
  ]));
  assertEquals(answered.map(([caseId, n]) => [caseId, n]), [["a", 1], ["b", 1], ["b", 2]]);
  assertEquals(failed, [["a", "TypeError", 2, false], ["a", "held", 0], ["a", "held", 0]]);
  assertEquals(done["case.intake"]!.length, 3);
});

Deno.test("what is delivered as held is not tried, and needs no history", () => {
  const run = open([line("a", 7, { held: true }), line("a", 8, { held: true })]);
  assertEquals(run.needs, []);
  assertEquals(play(run).failed, [["a", "held", 0], ["a", "held", 0]]);
});

Deno.test("what no retry can help is final: a rejection, invalid data, an unknown version", () => {
  const invalid = line("b", 1, { data: { debt_amount: "much" } });
  const future = line("c", 1).replace('"schema_version":1', '"schema_version":9');
  const { failed } = play(open([line("a", 1, acting("reject")), invalid, future]));
  assertEquals(failed, [
    ["a", "Reject", 1, true],
    ["b", "InvalidEvent", 1, true],
    ["c", "UnknownKind", 1, true],
  ]);
});

Deno.test("the gaps in a case are filled from its history, in order", () => {
  const run = open([line("a", 3), line("b", 1), line("a", 6)]);
  assertEquals(run.needs, [{ caseId: "a", after: 0, before: 3 }, { caseId: "a", after: 3, before: 6 }]);
  const type = "case.payment_received";
  const { answered } = play(run, [1, 2, 4, 5].map((n) => line("a", n, n % 2 === 0 ? { type } : {})));
  assertEquals(answered, [["a", 3, [1, 2]], ["b", 1, []], ["a", 6, [1, 2, 3, 4, 5]]]);
});

Deno.test("a history that can't be read fails the delivery that needs it, and no other", () => {
  const run = open([line("a", 2), line("b", 1)]);
  const past = line("a", 1).replace('"schema_version":1', '"schema_version":9');
  const { answered, failed } = play(run, [past]);
  assertEquals([answered.length, failed], [1, [["a", "UnknownKind", 1, true]]]);
});

Deno.test("the next batch builds on what this one left, without a history", () => {
  const states = new StateCache(processor, 100);
  play(open([line("a", 1), line("a", 2)], states));
  const next = open([line("a", 3)], states);
  assertEquals([next.needs, play(next).answered], [[], [["a", 3, [1, 2]]]]);
});

Deno.test("other processors see what they fold, and their failure to do so is not the delivery's", () => {
  const onlooker = {
    ...processor,
    name: "onlooker",
    takes: ["case.analysis"],
    folds: ["case.intake"],
    evolve(seen: number[], { data }: CaseEvent) {
      if (data.n === 2) throw new Error("can't");
      return [...seen, data.n as number];
    },
  } as AnyProcessor;
  const other = new StateCache(onlooker, 100);
  const run = open([line("a", 1), line("b", 1), line("b", 2)], undefined, [other]);
  const { failed, answered } = play(run);
  assertEquals([failed, answered.length, run.isRecording], [[], 3, false]);
  const { states } = other.snapshot([{ caseId: "a", version: 2 }, { caseId: "b", version: 3 }]);
  assertEquals([...states], [["a", { state: [1], version: 1 }], ["b", { state: [1], version: 1 }]]);
});

Deno.test("a failure from outside is the current delivery's, and the batch goes on", () => {
  const run = open([line("a", 1), line("b", 1), line("a", 2)]);
  run.fail(new DeliveryTimeout(1_000));
  const { failed, answered } = play(run);
  assertEquals(failed, [["a", "DeliveryTimeout", 1, false], ["a", "held", 0]]);
  assertEquals(answered.length, 1);
});

Deno.test("what is thrown is described before anything is kept, so that nothing is lost when that is stopped", () => {
  const run = open([line("a", 1)]);
  const seen: unknown[] = [];
  const spy = new Error("misbehaving");
  Object.defineProperty(spy, "message", { get: () => void seen.push([run.next, run.isRecording]) });
  run.fail(spy);
  assertEquals(seen[0], [0, false]);
  assert(run.isFinished);
});

Deno.test("of several changes of one timer, the last one counts", () => {
  const timer = (name: string): Sent => ({ data: { timer: name } });
  const { timers } = play(open([
    line("a", 1, timer("term")),
    line("b", 1, timer("term")),
    line("a", 2, timer("other")),
    line("a", 3, timer("term")),
  ]));
  const changes = timers.map((
    change,
  ) => [change.caseId, change.name, change.kind === "set" && change.at.slice(0, 10)]);
  assertEquals(changes.sort(), [
    ["a", "other", "2026-02-02"],
    ["a", "term", "2026-02-03"],
    ["b", "term", "2026-02-01"],
  ]);
});
