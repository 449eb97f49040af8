import { assert, assertEquals, assertMatch } from "@std/assert";
import { type BackendFigures, spread } from "../../../../simulators/comparison.ts";
import {
  type Comparison,
  comparisonReport,
  describeComparison,
  formatSpread,
} from "../../../../simulators/comparison/comparison_report.ts";
import { plotFiles, reportMarkdown } from "../../../../simulators/reports/markdown.ts";

function backend(name: string, settled: number): BackendFigures {
  const each = spread([1, 2, 3]);
  return {
    name,
    durability: "on the disk",
    features: {
      leases: "partition",
      ids: "store",
      readModels: true,
      durable: true,
      shared: true,
      atomicAppend: "call",
      geography: "a replica",
    },
    figures: {
      append_per_second: each,
      settle_per_second: spread([settled]),
      settle_one_worker_per_second: each,
      settle_all_per_second: each,
      append_p99_ms: each,
      one_processor_p99_ms: each,
      end_to_end_p99_ms: each,
      read_case_ms: each,
      replay_per_second: each,
    },
    stored_bytes_per_event: 800,
    conflicts: { tried: 20, refused: 20 },
  };
}

const comparison: Comparison = {
  machine: "2 cores",
  seed: "s",
  rounds: 3,
  count: 100,
  rate_per_second: 50,
  backends: [backend("postgres", 30_000), backend("nats", 36_000)],
  peers: [{ name: "graphile-worker", version: "1", configured: "so", per_second: spread([10_000]) }],
  left_out: [{ name: "memory", why: "nobody asked" }],
};

Deno.test("a spread is written as the median, with the least and the greatest unless all are one", () => {
  assertEquals([formatSpread(spread([1, 2.5, 30]), 1), formatSpread(spread([7]), 0)], [
    "2.5 (1.0–30.0)",
    "7",
  ]);
});

Deno.test("the table has a column for each backend, and peers as so many times their rate", () => {
  const text = describeComparison(comparison);
  assertMatch(text, /Throughput: settled with one output each\/s +30,000 +36,000/);
  assertMatch(text, /graphile-worker 1: so +10,000 +3\.00 ×/);
  assertMatch(text, /memory is left out: nobody asked/);
});

Deno.test("the report says the same in Markdown, with a plot of each kind", () => {
  const report = comparisonReport(comparison);
  assertMatch(reportMarkdown(report, "now"), /\| Storage: bytes an event, indexes included \| 800 \| 800 \|/);
  assertEquals(Object.keys(plotFiles(report)), ["appends.svg", "settled.svg", "end_to_end.svg"]);
  assert(!Object.values(plotFiles(report)).join().includes("NaN"));
  assertMatch(
    report.verdict.text,
    /^nats settles the most, 36,000 deliveries\/s; at 50\/s postgres is the soonest/,
  );
});
