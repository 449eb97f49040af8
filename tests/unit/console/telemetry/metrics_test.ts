import { assert, assertEquals } from "@std/assert";
import { Metrics } from "../../../../console/telemetry/metrics.ts";
import { batch, ids, mailbox, manualClock, START } from "../fixtures.ts";

function busyMetrics(clock = manualClock()): Metrics {
  const metrics = new Metrics({
    backend: "postgres",
    node: "node-a",
    processors: [{ name: "intake", takes: ["case.intake"] }],
    now: clock.now,
  });
  clock.pass(1_000);
  metrics.settled(batch({
    done: {
      "case.intake": Float64Array.of(START + 600, START + 997),
      "case.analysis": Float64Array.of(START),
    },
    failed: { "case.intake": 3 },
    outputs: { "case.analysis": 2 },
  }));
  metrics.recordMeasurements({
    stored: new Map([["case.intake", 5]]),
    refused: 2,
    figures: { database_bytes: 7_000 },
  });
  metrics.recordHealth({
    durability: "on disk",
    survivesPowerFailure: true,
    timers: 0,
    nextTimerAt: null,
    mailboxes: [
      mailbox({ pending: 7, oldestMs: 1_500 }),
      mailbox({ partition: 1, pending: 5, parked: 2, parkedOldestMs: 90_000, retrying: 1, dead: 1 }),
    ],
  });
  return metrics;
}

const samples = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

Deno.test("the metrics of events have exactly the names, types and labels that were promised", async () => {
  const text = await busyMetrics().text();
  const types = text.split("\n").filter((line) => line.startsWith("# TYPE event_"));
  assertEquals(types, [
    "# TYPE event_published_total counter",
    "# TYPE event_processed_total counter",
    "# TYPE event_processing_duration_seconds histogram",
    "# TYPE event_queue_depth gauge",
  ]);
  const ofEvents = samples(text).filter((line) => line.startsWith("event_") && !line.includes("_bucket"));
  const published = ofEvents.filter((line) => line.startsWith("event_published_total"));
  assertEquals([published.length, published.filter((line) => line.endsWith(" 0")).length], [20, 19]);
  const plain = ofEvents.filter((line) => !published.includes(line) || !line.endsWith(" 0"));
  assertEquals(plain, [
    'event_published_total{backend="postgres",event_type="case.intake"} 5',
    'event_processed_total{backend="postgres",event_type="case.intake",status="success"} 2',
    'event_processed_total{backend="postgres",event_type="case.intake",status="failed"} 3',
    'event_processed_total{backend="postgres",event_type="case.analysis",status="success"} 1',
    'event_processed_total{backend="postgres",event_type="case.analysis",status="failed"} 0',
    'event_processing_duration_seconds_sum{backend="postgres",event_type="case.intake"} 0.403',
    'event_processing_duration_seconds_count{backend="postgres",event_type="case.intake"} 2',
    'event_processing_duration_seconds_sum{backend="postgres",event_type="case.analysis"} 1',
    'event_processing_duration_seconds_count{backend="postgres",event_type="case.analysis"} 1',
    'event_queue_depth{backend="postgres"} 14',
  ]);
});

Deno.test("the buckets of the durations run from a millisecond to a minute and add up", async () => {
  const clock = manualClock();
  const metrics = new Metrics({ backend: "nats", now: clock.now });
  clock.pass(100_000);
  const ages = [0, 1, 2, 400, 59_000, 99_000];
  metrics.settled(batch({ done: { "case.intake": Float64Array.from(ages, (age) => clock.now() - age) } }));
  const buckets = samples(await metrics.text()).filter((line) =>
    line.startsWith("event_processing_duration_seconds_bucket")
  );
  const counts = buckets.map((line) => {
    const [, le, count] = /le="([^"]+)",backend="nats",event_type="case\.intake"} (\d+)/.exec(line)!;
    return `${le}:${count}`;
  });
  const expected =
    "0.001:2 0.0025:3 0.005:3 0.01:3 0.025:3 0.05:3 0.1:3 0.25:3 0.5:4 1:4 2.5:4 5:4 10:4 30:4 60:5 +Inf:6";
  assertEquals(counts.join(" "), expected);
});

Deno.test("an event that seems to be settled before it was recorded took no time", () => {
  const clock = manualClock();
  const metrics = new Metrics({ backend: "postgres", now: clock.now });
  metrics.settled(batch({ done: { "case.intake": Float64Array.of(START + 5_000) } }));
  assertEquals(metrics.snapshot().latencyMs, { p50: 0, p95: 0, p99: 0, max: 0 });
});

Deno.test("the queue depth has no sample before the first health: nobody knows yet what waits", async () => {
  const text = await new Metrics({ backend: "postgres" }).text();
  assert(text.includes("# TYPE event_queue_depth gauge"));
  assertEquals(samples(text).filter((line) => line.startsWith("event_queue_depth")), []);
});

Deno.test("every failure that was survived is counted", async () => {
  const clock = manualClock();
  const metrics = new Metrics({
    backend: "postgres",
    processors: [{ name: "intake", takes: ["case.intake"] }],
    workerHeaps: () => [10, 20],
    now: clock.now,
  });
  metrics.retried(ids());
  metrics.retried(ids());
  metrics.deadLettered(ids());
  metrics.held(ids({ processor: "analysis" }));
  metrics.fenced({ processor: "intake" });
  metrics.workerRestarted({ exit: "hung" });
  metrics.processorRestarted({ processor: "intake" });
  metrics.passSettled();
  metrics.passDropped({ reason: "behind" });
  metrics.backendUnavailable();
  clock.pass(2_500);
  metrics.backendUnavailable();
  const lines = samples(await metrics.text());
  for (
    const line of [
      'zaakstroom_retries_total{backend="postgres",processor="intake"} 2',
      'zaakstroom_dead_letters_total{backend="postgres",processor="intake"} 1',
      'zaakstroom_held_total{backend="postgres",processor="intake"} 0',
      'zaakstroom_held_total{backend="postgres",processor="analysis"} 1',
      'zaakstroom_fenced_writes_total{backend="postgres",processor="intake"} 1',
      'zaakstroom_worker_restarts_total{exit="hung"} 1',
      'zaakstroom_processor_restarts_total{backend="postgres",processor="intake"} 1',
      'zaakstroom_worker_restarts_total{exit="threw"} 0',
      'zaakstroom_passes_total{backend="postgres"} 1',
      'zaakstroom_dropped_passes_total{backend="postgres",reason="behind"} 1',
      'zaakstroom_dropped_passes_total{backend="postgres",reason="held"} 0',
      'zaakstroom_backend_outages_total{backend="postgres"} 1',
      'zaakstroom_backend_unavailable_seconds_total{backend="postgres"} 2.5',
      'zaakstroom_backend_up{backend="postgres"} 0',
      'zaakstroom_worker_heap_bytes{worker="1"} 20',
    ]
  ) assert(lines.includes(line), `${line} is missing`);
});

Deno.test("mailboxes are told by processor", async () => {
  const lines = samples(await busyMetrics().text());
  const of = (name: string) =>
    lines.find((line) => line.startsWith(`zaakstroom_mailbox_${name}{`))?.split(" ")[1];
  const names = ["pending", "parked", "retrying", "dead", "oldest_seconds", "parked_oldest_seconds"];
  assertEquals(names.map(of), ["12", "2", "1", "1", "1.5", "90"]);
});

Deno.test("what may ever be counted is zero from the start, so that its first rise is seen", async () => {
  const processors = [{ name: "intake", takes: ["case.intake"] }];
  const lines = samples(await new Metrics({ backend: "postgres", processors }).text());
  for (
    const series of [
      'event_published_total{backend="postgres",event_type="case.completed"}',
      'event_processed_total{backend="postgres",event_type="case.intake",status="failed"}',
      'event_processing_duration_seconds_count{backend="postgres",event_type="case.intake"}',
      'zaakstroom_appended_total{backend="postgres",event_type="case.decision"}',
      'zaakstroom_processed_total{backend="postgres",processor="intake",status="success"}',
      'zaakstroom_processing_duration_seconds_count{backend="postgres",processor="intake"}',
      'zaakstroom_dead_letters_total{backend="postgres",processor="intake"}',
    ]
  ) assert(lines.includes(`${series} 0`), `${series} is not there`);
});

Deno.test("work, time and leases are told by processor, and the server by figures of its own", async () => {
  const lines = samples(await busyMetrics().text());
  for (
    const line of [
      'zaakstroom_appended_total{backend="postgres",event_type="case.analysis"} 2',
      'zaakstroom_processed_total{backend="postgres",processor="intake",status="success"} 3',
      'zaakstroom_processed_total{backend="postgres",processor="intake",status="failed"} 3',
      'zaakstroom_processing_duration_seconds_sum{backend="postgres",processor="intake"} 1.403',
      'zaakstroom_leases_held{backend="postgres",processor="intake"} 2',
      'zaakstroom_mailbox_unowned{backend="postgres",processor="intake"} 0',
      "zaakstroom_postgres_database_bytes 7000",
    ]
  ) assert(lines.includes(line), `${line} is missing`);
  assert(lines.some((line) => /^process_start_time_seconds 1\d{9}/.test(line)));
  assert(lines.some((line) => /^zaakstroom_build_info\{version="[\d.]+",deno=/.test(line)));
  assert(!lines.some((line) => line.startsWith("zaakstroom_nats_")));
});

Deno.test("a scrape tells the same twice: reading a counter does not add to it", async () => {
  const metrics = busyMetrics();
  const withoutProcess = async () =>
    samples(await metrics.text()).filter((line) => !line.startsWith("process_"));
  assertEquals(await withoutProcess(), await withoutProcess());
});

Deno.test("an outage is counted once, however many callers say so", () => {
  const clock = manualClock();
  const metrics = new Metrics({ backend: "postgres", now: clock.now });
  for (const wait of [1_000, 1_000]) {
    metrics.backendUnavailable();
    clock.pass(wait);
    metrics.backendUnavailable();
    metrics.backendAvailable();
    metrics.backendAvailable();
    clock.pass(60_000);
  }
  assertEquals([metrics.outages, metrics.unavailableMs], [2, 2_000]);
});

Deno.test("a label is a type and an exit we know, or 'other': free text would grow and could be personal", async () => {
  const metrics = new Metrics({ backend: "postgres" });
  metrics.settled(batch({
    done: { "case.123456782": Float64Array.of(1) },
    failed: { 'x"} 1\nforged 1': 1 },
    outputs: { "987654321": 1 },
  }));
  metrics.workerRestarted({ exit: "123456782" });
  metrics.retried(ids({ caseId: "123456782" }));
  const text = await metrics.text();
  assert(!/123456782|987654321|forged|zaak-7/.test(text), "data became a label");
  assert(text.includes('zaakstroom_appended_total{backend="postgres",event_type="other"} 1'));
  assert(text.includes('zaakstroom_worker_restarts_total{exit="other"} 1'));
});

Deno.test("the snapshot has what the summary of a run needs", () => {
  const clock = manualClock();
  const metrics = busyMetrics(clock);
  metrics.held(ids());
  clock.pass(500);
  metrics.settled(batch({ done: { "case.analysis": Float64Array.of(START + 500) } }));
  const { latencyMsByType, latencyMs, ...counts } = metrics.snapshot();
  assertEquals(counts, {
    processed: { "case.intake": { success: 2, failed: 3 }, "case.analysis": { success: 2, failed: 0 } },
    restarts: 0,
    retried: 0,
    deadLettered: 0,
    held: 1,
    fenced: 0,
    lastSettledAt: START + 1_500,
  });
  assertEquals(latencyMs?.max, 1_000);
  assertEquals(latencyMsByType["case.intake"]?.max, 400);
});

Deno.test("given nothing was settled, there is no latency rather than zero", () => {
  const { latencyMs, lastSettledAt } = new Metrics({ backend: "postgres" }).snapshot();
  assertEquals([latencyMs, lastSettledAt], [null, null]);
});

Deno.test("an alarm of a processor is counted by its name, from zero on", async () => {
  const processors = [{ name: "follow_up", takes: [], alarms: ["municipality_late", "review_term_expired"] }];
  const metrics = new Metrics({ backend: "nats", processors });
  metrics.settled(batch({ alarms: { municipality_late: 2 } }));
  assertEquals(samples(await metrics.text()).filter((line) => line.startsWith("zaakstroom_alarms_total")), [
    'zaakstroom_alarms_total{backend="nats",alarm="municipality_late"} 2',
    'zaakstroom_alarms_total{backend="nats",alarm="review_term_expired"} 0',
  ]);
});
