/** The summary of a run, for people. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createMemoryBackend } from "../../../../backends/memory/memory_backend.ts";
import type { MetricsSnapshot } from "../../../../console/telemetry/metrics.ts";
import { anEvent } from "../../../support/events.ts";
import { renderSummary, type RunSummary, summariseRun } from "../../../../console/node/run_summary.ts";

const SUMMARY: RunSummary = {
  backend: "memory",
  durability: "none",
  seed: "s",
  mandate: null,
  accepted: 1_000,
  events: { "case.intake": 1_000 },
  settled: 2_000,
  settled_per_second: 400,
  latency_ms: { p50: 1, p95: 2, p99: 3, max: 4 },
  seconds: 5,
  restarts: 0,
  retried: 1,
  parked: 2,
  dead: 3,
  ledger: {
    balanced: true,
    accepted: 1_000,
    completed: 900,
    inReview: 80,
    inProgress: 15,
    parked: 2,
    dead: 3,
    lost: [],
    duplicated: [],
    reordered: [],
  },
};

Deno.test("the summary has deliveries, events by type, and the ledger with its verdict", () => {
  assertEquals(renderSummary(SUMMARY).split("\n"), [
    "2,000 deliveries settled, 400/s; from append to settle p50 1 ms, p95 2 ms, p99 3 ms",
    "  case.intake                       1,000",
    "0 restarts, 1 retries, 2 parked, 3 dead letters",
    "Cases in progress wait for citizens and terms: --time-scale 1y/min plays them",
    "Ledger: 1,000 cases = 900 completed + 80 in review + 15 in progress + 2 parked + 3 dead; " +
    "nothing lost, nothing duplicated, nothing out of order",
  ]);
});

Deno.test("generated cases name the mandate under which they were decided on", () => {
  const mandate = { name: "demonstration", caseworkers: ["simulated-caseworker-1"] };
  assertStringIncludes(renderSummary({ ...SUMMARY, mandate }), "under the mandate demonstration");
});

Deno.test("a ledger that does not balance names what is lost, duplicated and out of order", () => {
  const ledger = { ...SUMMARY.ledger, balanced: false, lost: ["a", "b"], reordered: ["c"] };
  const expected = "; DOES NOT BALANCE: lost a, b; duplicated none; out of order c";
  assertStringIncludes(renderSummary({ ...SUMMARY, latency_ms: null, ledger }), expected);
});

/** Nothing was measured in these runs. */
const measured = {
  processed: {},
  latencyMs: null,
  lastSettledAt: null,
  restarts: 0,
  retried: 0,
} as unknown as MetricsSnapshot;

Deno.test("a run that continues another one accounts for all of its events, in whatever order they were stored", async () => {
  const backend = createMemoryBackend({ partitions: 2 });
  const [early, late] = [anEvent("stored before", 1), anEvent("stored now", 1)];
  await backend.append([early]);
  await backend.append([late]);
  const run = { began: 0, accepted: [late.event_id, early.event_id], firstCases: ["stored now"], seed: "s" };
  const reads = async (isContinued: boolean) => {
    const { ledger } = await summariseRun(backend, measured, { ...run, isContinued });
    return ledger.accepted;
  };
  assertEquals([await reads(false), await reads(true)], [1, 2]);
  await backend.close();
});

Deno.test("deliveries a second count from the beginning of the run, also when one commit settles them all", async () => {
  const backend = createMemoryBackend({ partitions: 2 });
  const settledAfterMs = 500;
  const began = performance.now();
  const processed = { "case.intake": { success: 200, failed: 0 } };
  const lastSettledAt = performance.timeOrigin + began + settledAfterMs;
  const run = { began, accepted: [], firstCases: [], seed: "s", isContinued: false };
  const summary = await summariseRun(backend, { ...measured, processed, lastSettledAt }, run);
  assertEquals(summary.settled_per_second, 400);
  await backend.close();
});
