import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  deliveryLineOf,
  isEvent,
  payloadPrefix,
  type PendingEvent,
  pendingEventOfRow,
  pendingEventsOf,
  splitPayload,
} from "../../../../../backends/nats/stream/message.ts";
import { encodeLines, outputLine, parseLine } from "../../../../../schema/delivery_line.ts";

const ROW = [
  "3",
  "0190a0b0-0000-7000-8000-000000000001",
  "case.analysis_completed",
  "zaak-1",
  "2026-03-01T10:00:00.000Z",
  "2",
  '{"schema_version":2}',
  '{"case_id":"zaak-1","note":"één\\tregel"}',
];

function row(changes: Record<number, string> = {}): string {
  return ROW.map((field, i) => changes[i] ?? field).join("\t");
}

const bodyOf = ({ body }: PendingEvent) => new TextDecoder().decode(body);
const lines = (...rows: string[]) => encodeLines(rows.map((each, i) => outputLine(each, i + 1)));

Deno.test("the drafts of output lines are those of their rows, whatever letters they hold", () => {
  const rows = [row(), row({ 3: "zaak-ø", 5: "1" }), row({ 0: "15" })];
  const drafts = pendingEventsOf(lines(...rows));
  const body = (caseId: string) =>
    `${ROW[1]}\tcase.analysis_completed\t${caseId}\t1772359200000\t${ROW[7]}\t${ROW[6]}`;
  assertEquals(drafts.map(bodyOf), [body("zaak-1"), body("zaak-ø"), body("zaak-1")]);
  const rest = ({ body: _, ...draft }: PendingEvent) => draft;
  const draft = { partition: 3, eventId: ROW[1]!, type: ROW[2]!, caseId: "zaak-1", schemaVersion: 2 };
  assertEquals(drafts.map(rest), [draft, { ...draft, caseId: "zaak-ø", schemaVersion: 1 }, {
    ...draft,
    partition: 15,
  }]);
  assertEquals(drafts, rows.map(pendingEventOfRow));
});

Deno.test("no outputs are no drafts", () => {
  assertEquals(pendingEventsOf(new Uint8Array()), []);
});

const invalidLines: Record<string, string> = {
  "whose data is no object": row({ 7: "[1]" }),
  "whose metadata is no object": row({ 6: "null" }),
  "without a time": row({ 4: "soon" }),
  "with a time that is too short for one": row({ 4: "1" }),
  "without data": ROW.slice(0, 7).join("\t"),
  "of two fields": "3\tx",
  "with a field too many": `${row()}\t{}`,
  "that is empty": "",
};
for (const [what, line] of Object.entries(invalidLines)) {
  Deno.test(`an output line ${what} is refused, in its own place or behind a good one`, () => {
    assertThrows(() => pendingEventsOf(lines(line)), RangeError, "no event");
    assertThrows(() => pendingEventsOf(lines(row(), line)), RangeError, "no event");
  });
}

/** The payload of an event of which one field is replaced, and any other text. */
const payloads = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.tuple(
    fc.nat(6),
    fc.oneof(fc.string(), fc.json(), fc.constantFrom("0", "1", "{}", "{\n}", "{\t}", "1e9")),
  ).map(
    ([at, text]) => {
      const field = `${payloadPrefix(3)}${bodyOf(pendingEventOfRow(row()))}`.split("\t");
      return field.with(at, text).join("\t");
    },
  ),
);

Deno.test("bytes and text of a message are an event alike, and what is none is one line that says so", () => {
  fc.assert(fc.property(payloads, (payload) => {
    const stored = { position: 77, recordedAt: 5, payload, subject: "cases.3.intake.zaak=201" };
    assertEquals(splitPayload(new TextEncoder().encode(payload)) !== undefined, isEvent(stored));
    const line = deliveryLineOf(stored, 2, true);
    assertEquals(line.split("\n").length, 1);
    if (isEvent(stored)) return;
    const { position, version, attempt, held, event, malformed } = parseLine(line);
    assertEquals([position, version, attempt, held, event.correlation_id], [77, 0, 2, true, "zaak 1"]);
    assertEquals(malformed?.raw.endsWith(`\t${JSON.stringify(payload)}\tnull`), true);
  }));
});

Deno.test("the case and the type of what is no event are those of its subject, as far as it names any", () => {
  const read = (subject: string, raw?: Uint8Array) =>
    parseLine(deliveryLineOf({ position: 1, recordedAt: 5, payload: "\ufffd", subject, raw }, 1, false));
  const { event } = read("cases.0.=stock=2emoved.=c3=a9");
  assertEquals([event.event_type, event.correlation_id], ["stock.moved", "é"]);
  for (const token of ["=zz", "=ff", "=09tab", "="]) {
    assertEquals(read(`cases.0.intake.${token}`).event.correlation_id, token);
  }
  assertEquals(read("cases.0.intake.x", Uint8Array.of(255, 0)).malformed!.raw.includes("base64 /wA="), true);
});
