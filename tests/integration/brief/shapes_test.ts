/** The events and metrics of the brief, as they stand in it. @module */
import { assert, assertEquals } from "@std/assert";
import { blockBelow, blocksOf } from "../../support/brief/blocks.ts";
import { readInput } from "../../../schema/input.ts";

const CASE = "0a6f2f4e-5c1f-4c7e-9a30-3a3b8d9c1f11";

/** An event as the brief has it, and one for each of the values that stand between bars, `uuid` and `case_id` filled in. */
function eventsOf(json: string): Record<string, unknown>[] {
  const filled = json.replaceAll('"uuid"', () => `"${crypto.randomUUID()}"`)
    .replaceAll(
      /"case_id": "[^"]*"|"correlation_id": "case_id"/g,
      (pair) => pair.replace(/: ".*"/, `: "${CASE}"`),
    );
  const most = Math.max(
    ...[...filled.matchAll(/"[^"]*\|[^"]*"/g)].map(([text]) => text.split("|").length),
    1,
  );
  return Array.from(
    { length: most },
    (_, n) =>
      JSON.parse(filled.replaceAll(/"([^"]*\|[^"]*)"/g, (_, values: string) => {
        const choices = values.split("|");
        return JSON.stringify(choices[n % choices.length]);
      })),
  );
}

Deno.test("each event of the brief, with every value that it names, is taken in as it stands", () => {
  const texts = blocksOf("json");
  assertEquals(texts.length, 4);
  const taken = texts.flatMap(eventsOf).map((event) => ({
    event,
    read: readInput(event, { now: () => new Date(2026, 1) }),
  }));
  assert(taken.length >= 12, `${taken.length} events`);
  for (const { event, read } of taken) {
    const { event_id, event_type, timestamp, data } = event as Record<string, unknown>;
    // As it is stored: an amount keeps its two decimals.
    const stored = JSON.parse(JSON.stringify(read.data));
    assertEquals({ ...stored, ...data as object }, stored, String(event_type));
    assertEquals([read.event_id, read.event_type], [event_id, event_type]);
    assertEquals(new Date(read.timestamp), new Date(String(timestamp)));
    assertEquals(read.correlation_id, CASE);
  }
});

Deno.test("each metric of the brief is one of this program, under its labels", async () => {
  const reference = await Deno.readTextFile(new URL("../../../docs/reference/metrics.md", import.meta.url));
  const metrics = blockBelow("Metrics (Prometheus)").split("\n").filter((line) => /^\w/.test(line));
  assertEquals(metrics.length, 4);
  for (const line of metrics) {
    const [, name, labels] = /^(\w+)\{(.*)\}$/.exec(line)!;
    const row = reference.split("\n").find((row) => row.startsWith(`| \`${name}\``));
    const wanted = [...labels!.matchAll(/(\w+)="/g)].map(([, label]) => `\`${label}\``).join(", ");
    assert(row?.includes(wanted), `${line}: ${row}`);
  }
});
