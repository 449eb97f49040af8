import { assertEquals } from "@std/assert";
import { lineOf } from "../../../../../backends/event_store.ts";
import { csvHeader, shownLines } from "../../../../../console/commands/events/event_lines.ts";
import type { WireEvent } from "../../../../../schema/events.ts";

const event: WireEvent = {
  event_id: "019a0000-0000-7000-8000-000000000001",
  event_type: "case.intake",
  timestamp: "2026-01-15T10:00:00.000Z",
  correlation_id: "zaak-1",
  data: {
    case_id: "zaak-1",
    citizen_bsn: "123456782",
    debt_amount: 1250.5,
    debt_type: "=huur",
    profile: { contact: { name: 'Jan "de" Vries' } },
  },
  metadata: { schema_version: 1 },
};
const line = lineOf({ position: 7, version: 1, recordedAt: Date.parse(event.timestamp), event });

Deno.test("shownLines() masks what is personal, and writes amounts with two decimals", () => {
  const text = shownLines([line], { output: "ndjson", personal: false });
  const { position, version, recorded_at, event: shown } = JSON.parse(text);
  assertEquals([position, version, recorded_at], [7, 1, event.timestamp]);
  assertEquals([shown.data.citizen_bsn, shown.data.profile.contact], ["*******82", "not shown"]);
  assertEquals([text.includes('"debt_amount":1250.50'), text.at(-1)], [true, "\n"]);
});

Deno.test("shownLines() with personal data gives the event as it is stored", () => {
  const shown = JSON.parse(shownLines([line], { output: "ndjson", personal: true }));
  assertEquals(shown.event, event);
});

Deno.test("shownLines() as CSV has a column each, quotes doubled", () => {
  const text = shownLines([line], { output: "csv", personal: true });
  assertEquals(text.startsWith(`7,1,${event.timestamp},${event.event_id},case.intake,`), true, text);
  assertEquals(text.includes('""case_id"":""zaak-1""'), true);
  assertEquals(csvHeader.split(",").length, 8);
});

Deno.test("shownLines() as CSV puts an apostrophe before what a spreadsheet would take for a formula", () => {
  const formula = { ...event, correlation_id: "=1+1", data: { ...event.data, case_id: "=1+1" } };
  const stored = lineOf({ position: 7, version: 1, recordedAt: 0, event: formula });
  assertEquals(shownLines([stored], { output: "csv", personal: false }).includes(",'=1+1,"), true);
});
