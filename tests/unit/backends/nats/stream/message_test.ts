import { assertEquals, assertThrows } from "@std/assert";
import {
  type PendingEvent,
  pendingEventOfRow,
  pendingEventsOf,
} from "../../../../../backends/nats/stream/message.ts";
import { encodeLines, outputLine } from "../../../../../schema/delivery_line.ts";

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
