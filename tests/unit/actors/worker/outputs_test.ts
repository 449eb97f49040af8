import { assert, assertEquals, assertThrows } from "@std/assert";
import { contextOf, encodeOutputs, InvalidOutput } from "../../../../actors/worker/outputs.ts";
import type { AnyProcessor } from "../../../../actors/processor.ts";
import { decodeEvent, InvalidEvent } from "../../../../schema/codec.ts";
import type { CaseEvent } from "../../../../schema/events.ts";
import { parseRow } from "../../../../schema/delivery_line.ts";
import { withMoment } from "../../../../schema/time/moment.ts";
import { anEvent } from "../../../support/events.ts";
import { fixedId } from "../../../support/misbehaving/fixed_ids.ts";

const processor = { name: "misbehaving", version: 3, alarms: ["late"] } as unknown as AnyProcessor;
const settings = { partition: 5, idOf: fixedId };
const wire = anEvent("case-1", 1);
const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const input = decodeEvent({ ...wire, metadata: { schema_version: 1, traceparent } });

/** A draft of an analysis, decoded: amounts are cents. */
function draft(change: Record<string, unknown> = {}): { event_type: string; data: Record<string, unknown> } {
  const { event_type, data } = decodeEvent(anEvent("case-1", 2, "case.analysis"));
  return { event_type, data: { ...data, ...change } };
}

function emitted(handled: unknown, event: CaseEvent = input) {
  return encodeOutputs(handled as Parameters<typeof encodeOutputs>[0], event, processor, settings);
}

function rowsOf(handled: unknown) {
  return emitted(handled).rows.map(parseRow);
}

Deno.test("an emitted event says what caused it, who emitted it, and belongs to its case and partition", () => {
  const [row] = rowsOf({ events: [draft()] });
  assertEquals(row!.partition, 5);
  const { event_type, timestamp, correlation_id, metadata, data } = row!.event;
  assertEquals([event_type, timestamp, correlation_id], ["case.analysis", input.timestamp, "case-1"]);
  assertEquals(metadata, {
    schema_version: 1,
    causation_id: wire.event_id,
    source: "misbehaving@3",
    traceparent,
    moment: input.timestamp,
  });
  assertEquals(data.estimated_savings, 300);
});

Deno.test("an output came to be when its input was recorded, and carries what is marked about its time", () => {
  const recorded = "2026-01-09T00:00:01.000Z";
  const late = decodeEvent(withMoment(wire, Date.parse(recorded)));
  const [{ event }] = emitted({ events: [draft()] }, late).rows.map(parseRow) as [
    ReturnType<typeof parseRow>,
  ];
  assertEquals([event.timestamp, event.metadata.moment], [recorded, recorded]);
  assertEquals([event.metadata.marks, contextOf({ event: late, version: 1 }, "p", fixedId).now], [
    ["late"],
    recorded,
  ]);
  // What comes of it in turn keeps its moment, whenever it is stored, and its mark.
  const chained = decodeEvent(withMoment(event, Date.parse(recorded) + 5_000));
  const [after] = emitted({ events: [draft()] }, chained).rows.map(parseRow);
  const { moment, marks } = after!.event.metadata;
  assertEquals([after!.event.timestamp, moment, marks], [recorded, recorded, ["late"]]);
});

Deno.test("an event that is ahead of when it was recorded is marked; one that is a little early or late is not", () => {
  const at = Date.parse(wire.timestamp);
  const marksAt = (recordedAt: number) =>
    emitted({ events: [draft()] }, decodeEvent(withMoment(wire, recordedAt))).rows.map(parseRow)[0]!.event
      .metadata.marks;
  assertEquals(marksAt(at - 300_001), ["in_future"]);
  assertEquals([marksAt(at - 300_000), marksAt(at + 7 * 86_400_000)], [undefined, undefined]);
  assertEquals(marksAt(at + 7 * 86_400_000 + 1), ["late"]);
});

Deno.test("an event of a timer came to be when it was due, and carries no mark", () => {
  const late = decodeEvent(withMoment(wire, Date.parse("2027-01-01T00:00:00Z")));
  const at = "2027-02-01T00:00:00.000Z";
  const { timers } = emitted({ events: [], timers: [{ kind: "set", name: "t", at, event: draft() }] }, late);
  const change = timers[0] as Extract<(typeof timers)[number], { kind: "set" }>;
  const { timestamp, metadata } = parseRow(change.row).event;
  assertEquals([timestamp, metadata.moment, metadata.marks], [at, at, undefined]);
});

Deno.test("the same delivery gives the same bytes at every try (I2)", () => {
  const handled = () => ({ events: [draft(), draft({ n: 9 })] });
  assertEquals(emitted(handled()), emitted(handled()));
});

Deno.test("ids are derived: another one for every output, processor and input; in order of the input's time", () => {
  const ids = rowsOf({ events: [draft(), draft()] }).map(({ event }) => event.event_id);
  const later = decodeEvent(anEvent("case-1", 500));
  const [after] = emitted({ events: [draft()] }, later).rows.map(parseRow);
  const elsewhere = parseRow(
    encodeOutputs({ events: [draft()] } as never, input, { ...processor, name: "other" }, settings).rows[0]!,
  );
  const all = [...ids, after!.event.event_id, elsewhere.event.event_id];
  assertEquals(new Set(all).size, 4);
  assert(ids.every((id) => id < after!.event.event_id));
});

const nonsense: Record<string, unknown> = {
  "nothing": undefined,
  "null": null,
  "a number": 42,
  "no list of events": { events: {} },
  "no list of timers": { events: [], timers: 7 },
  "an event of an unknown type": { events: [draft(), { event_type: "case.unknown", data: {} }] },
  "a type that is a name of JavaScript's": { events: [{ event_type: "constructor", data: {} }] },
  "no event": { events: [null] },
  "a timer of no kind": { events: [], timers: [{ name: "t" }] },
  "no timer": { events: [], timers: [null] },
  "a timer with an empty name": { events: [], timers: [{ kind: "cancel", name: "" }] },
  "a timer with a NUL in its name": { events: [], timers: [{ kind: "cancel", name: "a\0b" }] },
  "a timer with half a character in its name": { events: [], timers: [{ kind: "cancel", name: "\ud800" }] },
  "a timer whose name is a number": { events: [], timers: [{ kind: "cancel", name: 7 }] },
};

for (const [what, handled] of Object.entries(nonsense)) {
  Deno.test(`a handler that returns ${what} is refused`, () => {
    assertThrows(() => emitted(handled), InvalidOutput);
  });
}

Deno.test("a handler that returns a promise is refused, and the promise's failure goes nowhere", async () => {
  assertThrows(() => emitted(Promise.reject(new Error("later"))), InvalidOutput, "synchronous");
  await new Promise((resolve) => setTimeout(resolve));
});

Deno.test("an emitted event of another case is refused", () => {
  assertThrows(
    () => emitted({ events: [draft({ case_id: "case-2" })] }),
    InvalidEvent,
    "belongs to the case",
  );
});

Deno.test("an emitted event that its schema refuses is refused, and its values stay out of the message", () => {
  const error = assertThrows(
    () => emitted({ events: [draft({ risk_score: 1234.5 })] }),
    InvalidEvent,
  ) as Error;
  assert(error.message.includes("risk_score") && !error.message.includes("1234.5"));
});

Deno.test("a timer is set with the event that it will append; its time is the event's", () => {
  const event = draft();
  const { timers, rows, types } = emitted({
    events: [],
    timers: [{ kind: "set", name: "term", at: "2026-02-01T00:00:00.000Z", event }, {
      kind: "cancel",
      name: "x",
    }],
  });
  assertEquals([rows, types], [[], []]);
  const key = { processor: "misbehaving", caseId: "case-1" };
  const [set, cancel] = timers;
  assert(set?.kind === "set");
  const { row, ...rest } = set as { row: string };
  assertEquals<unknown>(rest, { kind: "set", ...key, name: "term", at: "2026-02-01T00:00:00.000Z" });
  assertEquals(cancel, { kind: "cancel", ...key, name: "x" });
  assertEquals(parseRow(row).event.timestamp, "2026-02-01T00:00:00.000Z");
});

for (const at of ["tomorrow", "", undefined, 7, "1969-12-31T00:00:00Z", "+010000-01-01T00:00:00Z"]) {
  Deno.test(`a timer at ${JSON.stringify(at)} is refused`, () => {
    const timers = [{ kind: "set", name: "term", at, event: draft() }];
    assertThrows(() => emitted({ events: [], timers }), InvalidOutput);
  });
}

Deno.test("a timer's time may have an offset; it is stored as UTC", () => {
  const timers = [{ kind: "set", name: "term", at: "2026-02-01T01:00:00+01:00", event: draft() }];
  const set = emitted({ events: [], timers }).timers[0]!;
  assertEquals(set.kind === "set" && set.at, "2026-02-01T00:00:00.000Z");
});

Deno.test("the context is derived from the event alone: the same at every try, another one for another event", () => {
  const of = (event: CaseEvent) => {
    const context = contextOf({ event, version: 4 }, "misbehaving", fixedId);
    const drawn = [context.random(), context.random(), context.random()];
    return { now: context.now, version: context.version, ids: [context.newId(), context.newId()], drawn };
  };
  const first = of(input);
  assertEquals(of(input), first);
  assertEquals([first.now, first.version], [input.timestamp, 4]);
  assert(first.drawn.every((number) => number >= 0 && number < 1));
  const other = of(decodeEvent(anEvent("case-1", 2)));
  assertEquals(new Set([...first.drawn, ...other.drawn]).size, 6);
  assertEquals(new Set([...first.ids, ...other.ids]).size, 4);
});

Deno.test("an id that a handler asks for is never an id of an output", () => {
  const { newId } = contextOf({ event: input, version: 1 }, "misbehaving", fixedId);
  const asked = new Set(Array.from({ length: 1_000 }, () => newId()));
  const outputs = rowsOf({ events: Array.from({ length: 50 }, () => draft()) });
  assert(outputs.every(({ event }) => !asked.has(event.event_id)));
});

Deno.test("an alarm that the processor does not declare is refused: it would become a label of a metric", () => {
  assertEquals(emitted({ events: [], alarms: ["late", "late"] }).alarms, ["late", "late"]);
  for (const alarms of [["case-1"], "late", [1]]) {
    assertThrows(() => emitted({ events: [], alarms }), InvalidOutput);
  }
});

Deno.test("an event for another case is kept in its sender's, with what it will be there", () => {
  const sender = { ...processor, sends: ["case.analysis"] } as AnyProcessor;
  const sent = (change: object, by = sender) =>
    encodeOutputs(
      { events: [{ ...draft({ case_id: "case-2" }), to: "case-2", ...change } as never] },
      input,
      by,
      settings,
    );
  const { rows, types } = sent({});
  const { partition, event: { event_type, correlation_id, data } } = parseRow(rows[0]!);
  assertEquals([types, partition, event_type, correlation_id], [
    ["case.addressed"],
    5,
    "case.addressed",
    "case-1",
  ]);
  const { to, case_id, data: inner } = data as Record<string, Record<string, unknown>>;
  assertEquals(
    [to, case_id, inner!.case_id, inner!.estimated_savings],
    ["case-2", "case-1", "case-2", 300] as never,
  );
  assertThrows(() => sent({}, processor), InvalidOutput, "declares");
  assertThrows(() => sent({ to: "case-3" }), InvalidEvent, "the other case");
  assertThrows(() => sent({ to: "case-1", data: draft().data }), InvalidEvent, "the other case");
});
