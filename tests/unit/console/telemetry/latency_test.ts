import { assert, assertEquals } from "@std/assert";
import { Latencies } from "../../../../console/telemetry/latency.ts";

Deno.test("percentiles are right to three digits, by type and over all", () => {
  const latencies = new Latencies();
  const times = (count: number, step: number) =>
    Float64Array.from({ length: count }, (_, i) => -(i + 1) * step);
  latencies.record("case.intake", times(1_000, 1), 0);
  latencies.record("case.analysis", times(1_000, 10), 0);
  const intake = latencies.byType()["case.intake"]!;
  for (
    const [found, wanted] of [[intake.p50, 500], [intake.p95, 950], [intake.p99, 990], [intake.max, 1_000]]
  ) {
    assert(Math.abs(found! - wanted!) <= wanted! / 500, `${found} is not ${wanted}`);
  }
  const total = latencies.total()!;
  assert(Math.abs(total.p50 - 910) < 5, `the middle of both is ${total.p50}`);
  assert(Math.abs(total.max - 10_000) < 20);
});

Deno.test("a batch of nothing leaves no type behind", () => {
  const latencies = new Latencies();
  latencies.record("case.intake", new Float64Array(), 0);
  assertEquals([latencies.total(), latencies.byType()], [null, {}]);
});

Deno.test("impossible times do not break a settle", () => {
  const latencies = new Latencies();
  latencies.record("case.intake", Float64Array.of(NaN, -Infinity, Infinity, -1e15), 0);
  assertEquals(latencies.byType()["case.intake"]!.max, 30 * 86_400_000);
});
