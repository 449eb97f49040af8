import { assertEquals } from "@std/assert";
import type { SecondFigures } from "../../../../../simulators/load/load_figures.ts";
import { liveLines } from "../../../../../console/commands/load/live_lines.ts";

const figures: SecondFigures = {
  second: 5,
  offered: 1_000,
  appended: 998,
  settled: 4_400,
  behind: 12,
  append_p99: 3.5,
  end_to_end_p50: 8,
  end_to_end_p99: 19.25,
  processes: [{ name: "node", cpu_percent: 61.5, memory_mb: 210 }],
};

Deno.test("a second of a load run is its work, its latency, and a line for each process", () => {
  assertEquals(liveLines(figures, 60_000), [
    "5 of 60 s, 55 s to go: 1,000 offered, 998 appended, 4,400 settled, 12 behind",
    "append p99 3.5 ms, end to end p50 8 ms, p99 19.25 ms",
    "node 61.5 % of a core, 210 MB",
  ]);
});

Deno.test("after the last arrival, and without a known end, no time is named", () => {
  assertEquals(liveLines(figures, 5_000)[0]!.split(":")[0], "5 of 5 s, settling what is left");
  assertEquals(liveLines(figures)[0]!.split(":")[0], "5 s");
});
