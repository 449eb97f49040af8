import { assertEquals } from "@std/assert";
import { lineOf } from "../../../../../backends/event_store.ts";
import { shownLines } from "../../../../../console/commands/events/event_lines.ts";
import { formatBatches } from "../../../../../console/commands/events/line_formatter.ts";
import { anEvent } from "../../../../support/events.ts";

const lines = Array.from(
  { length: 4_000 },
  (_, i) => lineOf({ position: i + 1, version: i + 1, recordedAt: 0, event: anEvent("a", i + 1) }),
);
const format = { output: "ndjson", personal: false } as const;

Deno.test("formatBatches() gives batches in their order, whether formatted here or in workers", async () => {
  const decoder = new TextDecoder();
  const batches = [lines, lines.slice(0, 1_500), lines.slice(1_500, 3_000), lines.slice(3_000)];
  const texts = await Array.fromAsync(formatBatches(ReadableStream.from(batches), format));
  const text = texts.map((each) => typeof each === "string" ? each : decoder.decode(each));
  assertEquals(text, batches.map((batch) => shownLines(batch, format)));
});
