/** What a node says of its start and its end. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { NodeReporter } from "../../../../console/node/node_reporter.ts";
import { Metrics } from "../../../../console/telemetry/metrics.ts";
import { batch } from "../fixtures.ts";

const READY = {
  backend: "postgres",
  where: "host:5432/db",
  durability: "on disk",
  url: "http://127.0.0.1:1/",
};

/** Lives the life of a node in a pipe; answers the lines that it printed. */
function livedThrough(json: boolean, live: (reporter: NodeReporter) => void): string[] {
  const lines: string[] = [];
  const reporter = new NodeReporter({ json, node: "n1" }, {
    out: () => {},
    err: (line) => lines.push(line),
    terminal: false,
  });
  live(reporter);
  reporter.endOpening();
  return lines;
}

/** Two cases taken in, and a delivery that failed. */
function figures() {
  const metrics = new Metrics({ backend: "postgres" });
  metrics.settled(batch({ done: { "case.intake": new Float64Array(2) }, failed: { "case.decision": 1 } }));
  return metrics.snapshot();
}

Deno.test("people read that it runs, is asked to stop with this many batches, and what it did", () => {
  const lines = livedThrough(false, (reporter) => {
    reporter.opening("Opening the store");
    reporter.notice("The schema is old");
    reporter.ready(READY);
    reporter.stopping(2, 10_000);
    reporter.stopped(true, figures());
  });
  assertEquals(lines.slice(0, 4), [
    "The schema is old",
    "Zaakstroom runs on postgres (host:5432/db): on disk",
    "See http://127.0.0.1:1/health and http://127.0.0.1:1/metrics",
    "Asked to stop: draining 2 batches, for 10 s at most",
  ]);
  const [stopped, counts, ...types] = lines[4]!.split("\n");
  assertMatch(stopped!, /^Stopped in [\d.]+ s$/);
  assertMatch(
    counts!,
    /: 2 deliveries settled, 2 cases taken in, 0 retries, 0 held, 0 dead letters, 0 restarts$/,
  );
  assertEquals(types.map((line) => line.trim().split(/ +/)), [["case.intake", "2"], ["case.decision", "0"]]);
});

Deno.test("programs read the same as JSON lines", () => {
  const lines = livedThrough(true, (reporter) => {
    reporter.opening("Opening the store");
    reporter.ready(READY);
    reporter.stopping(1, 500);
    reporter.stopped(false, figures());
  }).map((line) => JSON.parse(line));
  assertEquals(lines.map(({ event }) => event), ["started", "stopping", "stopped"]);
  for (const { time, level, msg, node } of lines) {
    assertEquals([typeof time, level, typeof msg, node], ["string", "info", "string", "n1"]);
  }
  const [started, stopping, stopped] = lines;
  assertEquals([started.where, started.url], [READY.where, READY.url]);
  assertEquals([stopping.batches, stopping.within_ms], [1, 500]);
  assertEquals([stopped.settled_all, stopped.cases, stopped.settled], [false, 2, 2]);
  assertEquals(stopped.events["case.decision"], { success: 0, failed: 1 });
});

Deno.test("work that ended by itself has a summary of its own", () => {
  assertEquals(livedThrough(false, (reporter) => reporter.stopped(true, figures())), []);
});
