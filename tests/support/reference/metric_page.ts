/** The page of metrics, from the registry that a node is scraped by. @module */
import type { Metric } from "prom-client";
import { Metrics } from "../../../console/telemetry/metrics.ts";
import { buildRegistry } from "../../../console/telemetry/prometheus.ts";
import { code, page, table } from "./markdown.ts";

/** What the page says of a metric. */
interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
}

export async function metricPage(): Promise<string> {
  const context = { backend: "postgres", workerHeaps: () => [] };
  const nodeMetrics = new Metrics({ backend: "postgres" });
  // The histogram shows its labels once something is in it.
  nodeMetrics.durations.observe("case.intake", new Float64Array([0]), 0);
  const registry = buildRegistry(nodeMetrics, context);
  const metrics = registry.getMetricsAsArray() as unknown as Metric[];
  const described = await Promise.all(metrics.map(describe));
  return page("Metrics", "`console/telemetry/`", [
    "`GET /metrics` of a node gives these in Prometheus' text format. Personal data is in none of them.",
    table(
      ["Metric", "Type", "Labels", "Meaning"],
      described.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(", "), help]),
    ),
    "`GET /health` of a node says whether it is `ok`, `lagging` (behind, and moving), `stuck` (behind, and not moving) " +
    "or `away` from its store, with what each mailbox holds.",
  ]);
}

async function describe(metric: Metric): Promise<Described> {
  // The library's types hide what it keeps of each metric.
  const { labelNames } = metric as unknown as { labelNames?: readonly string[] };
  const { values, ...described } = await metric.get() as unknown as Described & {
    readonly values: readonly { readonly labels: object }[];
  };
  return { ...described, labels: labelNames ?? Object.keys(values[0]!.labels) };
}
