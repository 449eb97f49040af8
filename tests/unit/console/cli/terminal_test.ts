/** Progress in words. @module */
import { assertEquals } from "@std/assert";
import { formatRounded, progressLine, ProgressMeter } from "../../../../console/cli/terminal.ts";

Deno.test("progress tells how far, how fast, and how long yet", () => {
  assertEquals(progressLine("cases", 12_000, 20_000, 3), "12,000 of 20,000 cases, 4,000/s, 2 s to go");
  assertEquals(progressLine("events", 12_000, undefined, 3), "12,000 events, 4,000/s");
  assertEquals(progressLine("cases", 0, 20, 0), "0 of 20 cases, 0/s");
});

Deno.test("numbers are grouped by thousands, and rounded", () => {
  assertEquals([0, 999.6, 1234567].map(formatRounded), ["0", "1,000", "1,234,567"]);
});

Deno.test("in a pipe progress is a line now and then, not one for every step", () => {
  const lines: string[] = [];
  const progress = new ProgressMeter(
    { out: () => {}, err: (line) => lines.push(line), terminal: false },
    "cases",
    10,
  );
  for (let done = 0; done < 10; done++) progress.show(done);
  progress.end();
  assertEquals(lines.length <= 1, true);
});
