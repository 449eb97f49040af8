/** The page of metrics, from the registry that a node is scraped by. @module */
import type { Metric } from "prom-client";
import { Metrics } from "../../../console/telemetry/metrics.ts";
import { buildRegistry } from "../../../console/telemetry/prometheus.ts";
import { OF_THE_STORE } from "../../../console/telemetry/registry.ts";
import { code, page, table } from "./markdown.ts";

/** What the page says of a metric. */
interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
}

export async function metricPage(): Promise<string> {
  const described = new Map<string, Described>();
  for (const backend of ["postgres", "nats"]) {
    for (const metric of metricsOf(backend)) {
      const one = await describe(metric);
      described.set(one.name, one);
    }
  }
  return page("Metrics", "`console/telemetry/`", [
    "`GET /metrics` of a node gives these in Prometheus' text format. Personal data is in none of them.",
    table(
      ["Metric", "Type", "Of", "Labels", "Meaning"],
      [...described.values()].map(({ name, type, labels, help }) => [
        code(name),
        type,
        help.endsWith(OF_THE_STORE) ? "store" : "node",
        labels.map(code).join(", "),
        help.replace(OF_THE_STORE, ""),
      ]),
    ),
    "What is of a node is added up over nodes by `sum`. What is of the store is the same at every node of it: take `max`. " +
    "Figures of the store are read for a scrape: those of mailboxes are at most five seconds old, others one.",
    "The probes: `GET /live` is 200 as long as the event loop turns, whatever the store does. `GET /ready` is 200 when the " +
    "store answers and the node holds a lease, or finds every partition in other hands.",
    "`GET /health` of a node says whether it is `ok`, `lagging` (behind, and moving), `stuck` (behind, and not moving) " +
    "or `unavailable`, when its store does not answer, with what each mailbox holds. It is 200 for the first two, once the node is ready.",
  ]);
}

function metricsOf(backend: string): Metric[] {
  const nodeMetrics = new Metrics({ backend });
  // The histograms show their labels once something is in them.
  nodeMetrics.durations.expect("intake", "case.intake");
  const registry = buildRegistry(nodeMetrics, { backend, node: "", workerHeaps: () => [] });
  return registry.getMetricsAsArray() as unknown as Metric[];
}

async function describe(metric: Metric): Promise<Described> {
  // The library's types hide what it keeps of each metric.
  const { labelNames } = metric as unknown as { labelNames?: readonly string[] };
  const { values, ...described } = await metric.get() as unknown as Described & {
    readonly values: readonly { readonly labels: object }[];
  };
  return { ...described, labels: labelNames ?? Object.keys(values[0]!.labels) };
}
