/** How far a long piece of work is: redrawn on a terminal, a line now and then in a pipe. @module */
import { assertEquals } from "@std/assert";
import { Progress, progressLine } from "../../../../console/cli/terminal.ts";
import { manualClock } from "../fixtures.ts";

/** A progress of ten cases, the lines of its pipe, and what is put on its terminal. */
function watch(terminal: boolean) {
  const { now, pass } = manualClock();
  const [lines, drawn]: [string[], string[]] = [[], []];
  const progress = new Progress(
    { out() {}, err: (line) => lines.push(line), terminal },
    { what: "cases", total: 10, now, write: (text) => drawn.push(text) },
  );
  return { progress, lines, drawn, pass };
}

Deno.test("progress says how much, how fast and how long still", () => {
  assertEquals(
    progressLine("cases", 12_000, 20_000, 0.6, 3_000),
    "12,000 of 20,000 cases, 4,000/s, 2 s to go",
  );
  assertEquals(progressLine("events", 12_000, undefined, undefined, 3_000), "12,000 events, 4,000/s");
  assertEquals(progressLine("events", 12_000, undefined, 0.25, 3_000), "12,000 events, 4,000/s, 9 s to go");
  assertEquals(progressLine("cases", 0, 20, 0, 0), "0 of 20 cases, 0/s");
});

Deno.test("in a pipe progress is a line every five seconds, not one for every step", () => {
  const { progress, lines, drawn, pass } = watch(false);
  for (let done = 1; done <= 10; done++) {
    pass(1_100);
    progress.update(done);
  }
  progress.clear();
  assertEquals([lines, drawn], [["5 of 10 cases, 1/s, 5.5 s to go", "10 of 10 cases, 1/s, 0 s to go"], []]);
});

Deno.test("on a terminal progress is drawn over itself five times a second, and taken away at the end", () => {
  const { progress, lines, drawn, pass } = watch(true);
  for (let ms = 0; ms <= 400; ms += 50) {
    progress.draw(() => [`${ms} ms`, "and more"]);
    pass(50);
  }
  progress.clear();
  progress.clear();
  const cleared = "\x1b[2A\x1b[J";
  assertEquals(lines, []);
  assertEquals(drawn, [
    "0 ms\nand more\n",
    cleared,
    "200 ms\nand more\n",
    cleared,
    "400 ms\nand more\n",
    cleared,
  ]);
});

Deno.test("a line that stays is printed where the progress was drawn", () => {
  const { progress, lines, drawn } = watch(true);
  progress.update(1);
  progress.print("done with the first");
  assertEquals([lines, drawn.at(-1)], [["done with the first"], "\x1b[1A\x1b[J"]);
});
