import { assertEquals } from "@std/assert";
import { FlowMeter } from "../../../../console/telemetry/flow_meter.ts";
import { batch, manualClock, START } from "../fixtures.ts";

const done = (count: number, recordedAt: number) => ({
  "case.intake": new Float64Array(count).fill(recordedAt),
});

Deno.test("a rate is that of the last minute, and of a node that has just begun that of its time so far", () => {
  const { now, pass } = manualClock();
  const flow = new FlowMeter(now);
  pass(10_000);
  flow.observer.settled(batch({ done: done(50, START) }));
  assertEquals(flow.processor("intake").perMinute, 300);
  pass(60_000);
  assertEquals(flow.processor("intake").perMinute, 0);
});

Deno.test("the last hour has a count for each minute, and what is older is forgotten", () => {
  const { now, pass } = manualClock();
  const flow = new FlowMeter(now);
  flow.observer.settled(batch({ done: done(7, START) }));
  const total = () => flow.processor("intake").hour.reduce((sum, count) => sum + count, 0);
  assertEquals(flow.processor("intake").hour.at(-1), 7);
  pass(59 * 60_000);
  assertEquals([flow.processor("intake").hour.length, total()], [60, 7]);
  pass(60_000);
  assertEquals(total(), 0);
});

Deno.test("latencies are of the first and the last of each batch, and there are none before the first", () => {
  const { now, pass } = manualClock();
  const flow = new FlowMeter(now);
  assertEquals(flow.processor("intake").latencyMs, undefined);
  pass(40);
  flow.observer.settled(batch({ done: { "case.intake": Float64Array.of(START, START + 10, START + 30) } }));
  assertEquals(flow.processor("intake").latencyMs, { p50: 40, p99: 40 });
});

Deno.test("cases that close are counted by what their processor emits, and restarts by themselves", () => {
  const { now, pass } = manualClock();
  const flow = new FlowMeter(now);
  pass(10_000);
  flow.observer.settled(batch({ outputs: { "case.completed": 2, "case.analysis": 9 } }));
  flow.observer.workerRestarted({ worker: 0, exit: "crash", reason: "x" });
  assertEquals([flow.closed().perMinute, flow.restarts], [12, 1]);
});
