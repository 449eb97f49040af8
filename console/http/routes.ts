/** What a node serves over HTTP: health for probes, metrics for Prometheus. @module */
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { HEALTH_AGE_MS, type HealthCheck, SCRAPE_AGE_MS } from "./health_check.ts";
import type { HealthReport } from "./health_report.ts";
import { toJsonText } from "../cli/redaction.ts";
import type { StoreMeter } from "./store_meter.ts";
import { type HttpRoutes, respondWith } from "./server.ts";

/** Where the answers come from. Each is called at every request: it decides what may come from memory. */
interface NodeSources {
  readonly health: () => Promise<HealthReport>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Health from the check, metrics with figures of the store that are at most a few seconds old. */
export function nodeSources(check: HealthCheck, meter: StoreMeter, metrics: Metrics): NodeSources {
  return {
    health: answerSoon(() => check.report(HEALTH_AGE_MS)),
    metrics: async () => {
      // For their effect: both hand what they read to the metrics. An unavailable backend fails no scrape.
      await Promise.all([check.report(SCRAPE_AGE_MS), meter.refresh(HEALTH_AGE_MS)]);
      return { contentType: metrics.contentType, text: await metrics.text() };
    },
  };
}

/** A probe waits a second by default. A store that is busy may take longer, and is away after three. */
const ANSWER_MS = 250;

/**
 * The report, or, where it takes longer, the one before it: `checked_at` says when it was made. One of an outage is not
 * shown again: it may be over.
 */
function answerSoon(report: () => Promise<HealthReport>): () => Promise<HealthReport> {
  let last: HealthReport | undefined;
  return async () => {
    const fresh = report().then((made) => last = made);
    if (last === undefined || last.status === "unavailable") return await fresh;
    const answered = new AbortController();
    const late = delayOrAbort(ANSWER_MS, answered.signal).then(() => last!);
    return await Promise.race([fresh, late]).finally(() => answered.abort());
  };
}

const INDEX =
  "Zaakstroom: /live, /ready and /health say how the node is doing, /metrics has its figures for Prometheus\n";

/**
 * The routes of a node. `/live` answers as long as the event loop turns and asks nothing of the store: an outage must not
 * make an orchestrator restart every node.
 */
export function nodeRoutes({ health, metrics }: NodeSources): HttpRoutes {
  return new Map([
    ["/", () => Promise.resolve(respondWith(200, INDEX))],
    ["/live", () => Promise.resolve(respondWith(200, "live\n"))],
    ["/ready", async () => readyResponse(await health())],
    ["/health", async () => healthResponse(await health())],
    ["/metrics", async () => {
      const { contentType, text } = await metrics();
      return respondWith(200, text, { "content-type": contentType });
    }],
  ]);
}

function readyResponse({ ready, why }: HealthReport): Response {
  return ready ? respondWith(200, "ready\n") : respondWith(503, `${why.join("\n")}\n`);
}

/**
 * Lagging is 200: a node that is behind needs time, which a restart would take from it. One that is not ready is 503,
 * however little waits.
 */
function healthResponse(report: HealthReport): Response {
  const isWell = report.ready && (report.status === "ok" || report.status === "lagging");
  const status = isWell ? 200 : 503;
  return respondWith(status, `${toJsonText(report, 2)}\n`, {
    "content-type": "application/json; charset=utf-8",
  });
}
