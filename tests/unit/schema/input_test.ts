/** Input: what is accepted as it stands, what is completed, what is refused, and what is never repeated. @module */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InvalidEvent } from "../../../schema/codec.ts";
import { type EventInput, readInput, readInputText } from "../../../schema/input.ts";
import { brief, CASE, ID } from "./brief_events.ts";

const quickStart = {
  case_id: "123",
  citizen_bsn: "987654321",
  debt_amount: 500.00,
  debt_type: "parkeerboete",
};
const intake = (more: Record<string, unknown> = {}) => ({ ...quickStart, citizen_bsn: "123456782", ...more });

for (const event of brief) {
  Deno.test(`the brief's ${event.event_type} is taken as it stands, and its data is kept`, () => {
    const taken = readInput(event);
    assertEquals(JSON.parse(JSON.stringify(taken.data)), event.data);
    assertEquals([taken.event_id, taken.correlation_id], [ID, CASE]);
    assertEquals(taken.timestamp, event.timestamp.replace("Z", ".000Z"));
    assertEquals(taken.metadata.schema_version, 1);
  });
}

Deno.test("the brief's quick-start event gets the documented defaults and a mark", () => {
  const taken = readInput(quickStart, { now: () => new Date("2026-01-02T03:04:05.678Z"), source: "desk" });
  assertEquals(JSON.parse(JSON.stringify(taken.data)), {
    ...quickStart,
    organization: "onbekend",
    intake_channel: "online",
    priority: "normal",
  });
  assertMatch(taken.event_id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
  assertEquals([taken.timestamp, taken.correlation_id], ["2026-01-02T03:04:05.678Z", "123"]);
  assertEquals(taken.metadata, { schema_version: 1, source: "desk", marks: ["bsn_fails_eleven_test"] });
  assertThrows(
    () => readInput(quickStart, { strict: true }),
    InvalidEvent,
    "citizen_bsn: fails the eleven-test",
  );
});

Deno.test("unknown fields are kept in the data, and refused around it", () => {
  const data = { ...intake(), dossier: { kleur: "groen", bedragen: [1, 2] } };
  assertEquals(readInput(data).data.dossier, data.dossier);
  for (const extra of [{ sender: "x" }, { metadata: { sender: "x" } }]) {
    assertThrows(() => readInput({ event_type: "case.intake", data, ...extra }), InvalidEvent);
  }
});

Deno.test("a case id is any text of 1 to 128 characters without control characters", () => {
  for (const case_id of ["1", "a b", "a.b.*.>", "ĳ-漢-🙂", `'"\\;--`, "%s", "x".repeat(128)]) {
    assertEquals(readInput(intake({ case_id })).correlation_id, case_id);
  }
  for (
    const case_id of ["", "x".repeat(129), "a\tb", "a\u009bb", "a\nb", "\u0000", "a\u007f", "\ud800", 7, null]
  ) {
    assertThrows(() => readInput(intake({ case_id })), InvalidEvent);
  }
});

Deno.test("a correlation id that is not the case id is refused", () => {
  const event = { event_type: "case.intake", correlation_id: "other", data: intake() };
  assertThrows(() => readInput(event), InvalidEvent, "correlation_id: must be the case_id");
});

Deno.test("times of any offset are stored as UTC, from the year 2000 to 366 days from now", () => {
  const now = () => new Date("2026-06-01T00:00:00Z");
  const at = (timestamp: string) =>
    readInput({ event_type: "case.intake", timestamp, data: intake() }, { now }).timestamp;
  assertEquals(at("2026-01-01T00:00:00+02:00"), "2025-12-31T22:00:00.000Z");
  assertEquals(at("2026-01-01T00:00:00.1239Z"), "2026-01-01T00:00:00.123Z");
  assertEquals(at("2000-01-01T00:00:00Z"), "2000-01-01T00:00:00.000Z");
  assertEquals(at("2027-06-02T00:00:00Z"), "2027-06-02T00:00:00.000Z");
  for (
    const wrong of [
      "2026-01-01",
      "yesterday",
      "0000-01-01T00:00:00Z",
      "1970-01-01T00:00:00Z",
      "1999-12-31T23:59:59.999Z",
      "2000-01-01T00:00:00+00:01",
      "2027-06-02T00:00:00.001Z",
      "9999-12-31T23:59:59-05:00",
    ]
  ) {
    assertThrows(() => at(wrong), InvalidEvent, "timestamp");
  }
});

Deno.test("a time before the first rule, ahead of the clock or more than a week late is marked, and taken", () => {
  const now = () => new Date("2026-06-10T12:00:00Z");
  const marksAt = (timestamp: string) => {
    const metadata = { marks: ["case_id_passes_eleven_test" as const] };
    const event = { event_type: "case.withdrawn", timestamp, data: { case_id: "1", reason: "x" }, metadata };
    return readInput(event, { now, strict: true }).metadata.marks;
  };
  assertEquals(marksAt("2000-01-01T00:00:00Z"), ["before_first_rule", "late"]);
  assertEquals(marksAt("2012-06-30T23:59:59.999Z"), ["before_first_rule", "late"]);
  assertEquals(marksAt("2012-07-01T00:00:00Z"), ["late"]);
  assertEquals(marksAt("2026-06-03T11:59:59.999Z"), ["late"]);
  assertEquals(marksAt("2026-06-03T12:00:00Z"), undefined);
  assertEquals(marksAt("2026-06-10T12:05:00Z"), undefined);
  assertEquals(marksAt("2026-06-10T12:05:00.001Z"), ["in_future"]);
});

Deno.test("a value that JSON does not have is refused by its field", () => {
  for (const value of [1n, NaN, Infinity, () => 1, Symbol("x")]) {
    assertThrows(
      () => readInput(intake({ note: [value] })),
      InvalidEvent,
      "data.note.0: JSON has no such value",
    );
  }
  assertThrows(() => readInput(intake({ debt_amount: 10n })), InvalidEvent, "data.debt_amount");
});

Deno.test("an event of a version that this program does not know is refused", () => {
  for (const schema_version of [9, 0, 1.5, null, "2", {}, []]) {
    const event = { event_type: "case.intake", data: intake(), metadata: { schema_version } };
    const error = assertThrows(() => readInput(event as unknown), InvalidEvent);
    assertMatch(error.message, /metadata/);
  }
});

Deno.test("bytes that are no UTF-8 text, and text that is no JSON, are refused by their class", () => {
  const latin1 = Uint8Array.from([...JSON.stringify(intake({ note: "café" }))].map((c) => c.charCodeAt(0)));
  assertEquals(assertThrows(() => readInputText(latin1), InvalidEvent).refusalClass, "not_text");
  assertEquals(assertThrows(() => readInputText("{"), InvalidEvent).refusalClass, "not_json");
  assertEquals(assertThrows(() => readInputText("{}"), InvalidEvent).refusalClass, "invalid");
});

/** An event that JSON can write, or a refusal: nothing else comes out of input. */
function assertEventOrRefusal(read: () => unknown): void {
  try {
    JSON.stringify(read());
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    assert(error.problems.length > 0 && error.problems.every((problem) => problem !== ""));
  }
}

const SEEDED = { seed: 17, numRuns: 1_000 };

Deno.test("whatever the bytes are, they become an event or a refusal with a reason", () => {
  const json = new TextEncoder().encode(JSON.stringify(brief[0]));
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(json.length), (bytes, at) => {
      const spoilt = Uint8Array.from([
        ...json.subarray(0, at),
        ...bytes,
        ...json.subarray(at + bytes.length),
      ]);
      assertEventOrRefusal(() => readInputText(bytes));
      assertEventOrRefusal(() => readInputText(spoilt));
    }),
    SEEDED,
  );
});

/** Every field of an event that holds something, as a path. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))];
}

function withValueAt(event: unknown, [name, ...rest]: string[], value: unknown): unknown {
  if (name === undefined) return value;
  const changed = structuredClone(event) as Record<string, unknown>;
  changed[name] = withValueAt(changed[name], rest, value);
  return changed;
}

Deno.test("whatever stands in whichever field of whichever event, it becomes an event or a refusal", () => {
  const metadata = {
    schema_version: 1,
    causation_id: ID,
    traceparent: "x",
    tracestate: "x",
    source: "x",
    marks: ["bsn_fails_eleven_test"],
  };
  const events = brief.map((event) => ({ ...event, correlation_id: CASE, metadata }));
  const value = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
    fc.jsonValue(),
  );
  for (const event of events) {
    for (const path of pathsOf(event)) {
      fc.assert(
        fc.property(value, (value) => {
          assertEventOrRefusal(() => readInput(withValueAt(event, path, value) as EventInput));
        }),
        { seed: 17, numRuns: 50 },
      );
    }
  }
});

Deno.test("what no text store can keep is refused wherever it stands", () => {
  const deep = JSON.parse("[".repeat(500) + "]".repeat(500));
  for (const note of ["a\0b", "\udc00", { "k\0": 1 }, [[["\0"]]], deep]) {
    assertThrows(() => readInput(intake({ note })), InvalidEvent);
  }
  assertEquals(readInput(intake({ note: "🙂 \\u0000" })).data.note, "🙂 \\u0000");
});

Deno.test("what is no event at all is refused with the same kind of answer", () => {
  for (
    const input of [null, 7, "x", [], {}, { event_type: "toString", data: {} }, {
      event_type: "case.intake",
      data: [],
    }]
  ) {
    assertThrows(() => readInput(input), InvalidEvent);
  }
});

/** Every text an event can hold in the wrong place, each of them a secret. */
const secret = fc.string({ minLength: 6, maxLength: 30 }).map((text) => `geheim${text}`);

Deno.test("no message repeats a value, whatever is wrong with the event", () => {
  fc.assert(
    fc.property(fc.array(secret, { minLength: 8, maxLength: 8 }), (s) => {
      const data = {
        ...intake(),
        citizen_bsn: s[0],
        debt_amount: s[1],
        intake_channel: s[2],
        priority: s[3],
        profile: { threats: [s[4]] },
      };
      const inputs = [data, { event_type: s[5], data }, {
        event_type: "case.decision",
        timestamp: s[6],
        event_id: s[7],
        data: { case_id: s[0], decision: s[1] },
      }];
      for (const input of inputs) {
        const error = assertThrows(() => readInput(input), InvalidEvent);
        assert(!/geheim/.test(error.message), error.message);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("a case_id that is the event's BSN is refused in every spelling, with strict or without", () => {
  for (const case_id of ["123456782", "1234.56.782", " 123 456 782 "]) {
    const intake = { case_id, citizen_bsn: "123456782", debt_amount: 10, debt_type: "huur" };
    for (const strict of [false, true]) {
      const error = assertThrows(() => readInput(intake, { strict }), InvalidEvent);
      assertMatch(error.message, /data\.case_id: is the citizen_bsn/);
      assert(!error.message.includes("782"));
    }
  }
});

Deno.test("a case_id that passes the eleven-test is marked on every event, and refused under strict", () => {
  const withdrawn = { event_type: "case.withdrawn", data: { case_id: "111222333" } };
  assertEquals(readInput(withdrawn).metadata.marks, ["case_id_passes_eleven_test"]);
  assertThrows(() => readInput(withdrawn, { strict: true }), InvalidEvent, "may be a BSN");
  const intake = { case_id: "111222333", citizen_bsn: "123456789", debt_amount: 10, debt_type: "huur" };
  assertEquals(readInput(intake).metadata.marks, [
    "bsn_fails_eleven_test",
    "case_id_passes_eleven_test",
  ]);
});
