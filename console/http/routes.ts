/** What a node serves over HTTP: health for probes, metrics for Prometheus. @module */
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { HEALTH_AGE_MS, type HealthCheck, SCRAPE_AGE_MS } from "./health_check.ts";
import type { HealthReport } from "./health_report.ts";
import { toJsonText } from "../cli/redaction.ts";
import { type HttpRoutes, respondWith } from "./server.ts";

/** Where the answers come from. Each is called at every request: it decides what may come from memory. */
interface NodeSources {
  readonly health: () => Promise<HealthReport>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Health from the check, metrics with a queue depth that is at most a few seconds old. */
export function nodeSources(check: HealthCheck, metrics: Metrics): NodeSources {
  return {
    health: answerSoon(() => check.report(HEALTH_AGE_MS)),
    metrics: async () => {
      // For its effect: the check hands the health it reads to the metrics. An unavailable backend fails no scrape.
      await check.report(SCRAPE_AGE_MS);
      return { contentType: metrics.contentType, text: await metrics.text() };
    },
  };
}

/** A probe waits a second by default. A store that is busy may take longer, and is away after three. */
const ANSWER_MS = 500;

/** The report, or, where it takes longer, the one before it: `checked_at` says when it was made. */
function answerSoon(report: () => Promise<HealthReport>): () => Promise<HealthReport> {
  let last: HealthReport | undefined;
  return async () => {
    const fresh = report().then((made) => last = made);
    if (last === undefined) return await fresh;
    const answered = new AbortController();
    const late = delayOrAbort(ANSWER_MS, answered.signal).then(() => last!);
    return await Promise.race([fresh, late]).finally(() => answered.abort());
  };
}

const INDEX = "Zaakstroom: /health says how the node is doing, /metrics has its figures for Prometheus\n";

/** The routes of a node. */
export function nodeRoutes({ health, metrics }: NodeSources): HttpRoutes {
  return new Map([
    ["/", () => Promise.resolve(respondWith(200, INDEX))],
    ["/health", async () => healthResponse(await health())],
    ["/metrics", async () => {
      const { contentType, text } = await metrics();
      return respondWith(200, text, { "content-type": contentType });
    }],
  ]);
}

/** Lagging is 200: a node that is behind needs time, which a restart would take from it. */
function healthResponse(report: HealthReport): Response {
  const status = report.status === "ok" || report.status === "lagging" ? 200 : 503;
  return respondWith(status, `${toJsonText(report, 2)}\n`, {
    "content-type": "application/json; charset=utf-8",
  });
}
