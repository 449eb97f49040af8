/** Overview: whether cases go through, and in time. @module */
import { type DashboardPlan, NODE, type Panel, STORE } from "./panels.ts";

const numbers: readonly Panel[] = [
  {
    title: "Nodes up",
    description: "Nodes that answer Prometheus. Alert: ZaakstroomNodeDown.",
    unit: "none",
    isNumber: true,
    shows: { nodes: 'sum(up{job="$job"})' },
  },
  {
    title: "Store",
    description:
      "1 when every node reaches its store, 0 when one does not. Alert: ZaakstroomBackendUnavailable.",
    unit: "none",
    isNumber: true,
    shows: { "{{backend}}": `min by (backend) (zaakstroom_backend_up{${NODE}})` },
  },
  {
    title: "Waiting",
    description: "Deliveries that wait in all mailboxes; each counts up to 10,000.",
    unit: "short",
    isNumber: true,
    shows: { "{{backend}}": `max by (backend) (event_queue_depth{${STORE}})` },
  },
  {
    title: "p99",
    description: "99 of 100 deliveries take no longer, from the append of the event to its settlement.",
    unit: "s",
    isNumber: true,
    shows: {
      "{{backend}}":
        `histogram_quantile(0.99, sum by (backend, le) (rate(event_processing_duration_seconds_bucket{${NODE}}[$__rate_interval])))`,
    },
  },
  {
    title: "Dead letters",
    description: "Deliveries given up on, which wait for a person.",
    unit: "short",
    isNumber: true,
    shows: {
      "{{backend}}": `sum by (backend) (max by (backend, processor) (zaakstroom_mailbox_dead{${STORE}}))`,
    },
  },
  {
    title: "Refused input",
    description: "Events in the inbox, which wait for a person.",
    unit: "short",
    isNumber: true,
    shows: { "{{backend}}": `max by (backend) (zaakstroom_inbox_refused{${STORE}})` },
  },
];

const flow: readonly Panel[] = [
  {
    title: "Published and settled",
    description: "Events that any program stores, and deliveries that nodes settle, a second.",
    unit: "ops",
    shows: {
      "published {{backend}}":
        `sum by (backend) (max by (backend, event_type) (rate(event_published_total{${STORE}}[$__rate_interval])))`,
      "settled {{backend}}":
        `sum by (backend) (rate(event_processed_total{${NODE},status="success"}[$__rate_interval]))`,
    },
  },
  {
    title: "Failed attempts",
    description: "Attempts that failed, a second: they are tried again, or become dead letters.",
    unit: "ops",
    shows: {
      "{{backend}}":
        `sum by (backend) (rate(event_processed_total{${NODE},status="failed"}[$__rate_interval]))`,
    },
  },
  {
    title: "From append to settlement",
    description: "Percentiles of the time a delivery takes.",
    unit: "s",
    shows: Object.fromEntries([0.5, 0.95, 0.99].map((q) => [
      `p${q * 100} {{backend}}`,
      `histogram_quantile(${q}, sum by (backend, le) (rate(event_processing_duration_seconds_bucket{${NODE}}[$__rate_interval])))`,
    ])),
  },
  {
    title: "Slower than 50 ms",
    description: "The part of deliveries that misses the objective. The budget of a month is 1 %.",
    unit: "percentunit",
    shows: {
      "{{backend}}":
        `1 - sum by (backend) (rate(event_processing_duration_seconds_bucket{${NODE},le="0.05"}[$__rate_interval])) / sum by (backend) (rate(event_processing_duration_seconds_count{${NODE}}[$__rate_interval]))`,
    },
  },
];

const nodes: readonly Panel[] = [
  {
    title: "CPU",
    description: "Cores that each node keeps busy, workers included.",
    unit: "short",
    shows: { "{{instance}}": `rate(process_cpu_seconds_total{${NODE}}[$__rate_interval])` },
  },
  {
    title: "Memory",
    description: "Resident memory of each node.",
    unit: "bytes",
    shows: { "{{instance}}": `process_resident_memory_bytes{${NODE}}` },
  },
  {
    title: "Leases",
    description: "Partitions that each node has the lease of.",
    unit: "short",
    shows: { "{{instance}}": `sum by (instance) (zaakstroom_leases_held{${NODE}})` },
  },
  {
    title: "Running for",
    description: "Time since each node started.",
    unit: "s",
    shows: { "{{instance}}": `time() - process_start_time_seconds{${NODE}}` },
  },
];

export const overview: DashboardPlan = {
  name: "overview",
  title: "Zaakstroom / Overview",
  description: "Whether cases go through, and in time.",
  rows: { Now: numbers, Flow: flow, Nodes: nodes },
};
