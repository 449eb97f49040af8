/** What a node serves over HTTP, put together. @module */
import { HEALTH_AGE_MS, type HealthCheck, SCRAPE_AGE_MS } from "./health_check.ts";
import type { HttpRoutes } from "./server.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Health from the check, metrics with a queue depth that is at most a few seconds old. */
export function httpRoutes(check: HealthCheck, metrics: Metrics): HttpRoutes {
  return {
    health: () => check.report(HEALTH_AGE_MS),
    metrics: async () => {
      // For its effect: the check hands the health it reads to the metrics. An unavailable backend fails no scrape.
      await check.report(SCRAPE_AGE_MS);
      return { contentType: metrics.contentType, text: await metrics.text() };
    },
  };
}
