import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
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

Deno.test("what is taken for an event is one line with its version, whatever is in it", () => {
  fc.assert(fc.property(payloads, (payload) => {
    const split = splitPayload(new TextEncoder().encode(payload));
    if (split === undefined) return;
    const line = `77\t${split.version}\t2\t1\t5${new TextDecoder().decode(split.rest)}`;
    assertEquals(line.split("\n").length, 1);
    const { position, version, attempt, held, event } = parseLine(line);
    assertEquals([position, version, attempt, held], [77, split.version, 2, true]);
    assertEquals(event.correlation_id, split.caseId);
  }));
});
