import { assertEquals, assertMatch } from "@std/assert";
import type { SecondFigures } from "../../../../../simulators/load/load_figures.ts";
import { LiveView } from "../../../../../console/commands/load/live_view.ts";

function second(n: number): SecondFigures {
  return {
    second: n,
    offered: 1_000,
    appended: 998,
    settled: 4_400,
    behind: 12,
    append_p99: 3.5,
    end_to_end_p50: 8,
    end_to_end_p99: 19.25,
    processes: [{ name: "node", cpu_percent: 61.5, memory_mb: 210 }],
  };
}

/** Lines for a pipe, and what is put on a terminal. */
function watch(terminal: boolean) {
  const [lines, drawn]: [string[], string[]] = [[], []];
  const view = new LiveView(
    { out() {}, err: (line) => lines.push(line), terminal },
    (text) => drawn.push(text),
  );
  return { view, lines, drawn };
}

Deno.test("on a terminal each second is drawn over the one before, and taken away at the end", () => {
  const { view, lines, drawn } = watch(true);
  view.show(second(1));
  view.show(second(2));
  view.clear();
  view.clear();
  assertEquals([lines, drawn.length], [[], 4]);
  assertMatch(
    drawn[0]!,
    /^1 s: 1,000 offered, 998 appended, 4,400 settled, 12 behind\n.*p99 19\.25 ms\nnode 61\.5 % of a core, 210 MB\n$/,
  );
  assertEquals([drawn[1], drawn[3]], ["\x1b[3A\x1b[J", "\x1b[3A\x1b[J"]);
});

Deno.test("in a pipe every fifth second is one line", () => {
  const { view, lines, drawn } = watch(false);
  for (let n = 1; n <= 11; n++) view.show(second(n));
  view.clear();
  assertEquals([lines.length, drawn], [2, []]);
  assertMatch(lines[0]!, /^5 s: 1,000 offered.*; append p99 3\.5 ms.*; node 61\.5 % of a core, 210 MB$/);
});
