/** Processors: what each does, what waits for it, and what it gave up on. @module */
import { type DashboardPlan, NODE, type Panel, STORE } from "./panels.ts";

/** A counter of nodes, by processor. */
function rateOf(metric: string, title: string, description: string): Panel {
  const expr = `sum by (processor) (rate(${metric}{${NODE}}[$__rate_interval]))`;
  return { title, description, unit: "ops", shows: { "{{processor}}": expr } };
}

/** A gauge of the store, by processor. */
function standOf(metric: string, title: string, description: string, unit: Panel["unit"] = "short"): Panel {
  const expr = `max by (processor) (${metric}{${STORE}})`;
  return { title, description, unit, shows: { "{{processor}}": expr } };
}

const work: readonly Panel[] = [
  {
    title: "Settled",
    description: "Deliveries that each processor settles, a second.",
    unit: "ops",
    shows: {
      "{{processor}}":
        `sum by (processor) (rate(zaakstroom_processed_total{${NODE},status="success"}[$__rate_interval]))`,
    },
  },
  {
    title: "p99 by processor",
    description: "99 of 100 deliveries take no longer, from append to settlement.",
    unit: "s",
    shows: {
      "{{processor}}":
        `histogram_quantile(0.99, sum by (processor, le) (rate(zaakstroom_processing_duration_seconds_bucket{${NODE}}[$__rate_interval])))`,
    },
  },
  standOf(
    "zaakstroom_mailbox_pending",
    "Waiting",
    "Deliveries that wait, each mailbox counted up to 10,000.",
  ),
  standOf("zaakstroom_mailbox_oldest_seconds", "Oldest", "Age of the oldest delivery that waits.", "s"),
];

const failures: readonly Panel[] = [
  {
    title: "Failed attempts",
    description: "Attempts that failed, a second.",
    unit: "ops",
    shows: {
      "{{processor}}":
        `sum by (processor) (rate(zaakstroom_processed_total{${NODE},status="failed"}[$__rate_interval]))`,
    },
  },
  rateOf("zaakstroom_retries_total", "Retries", "Failed attempts that are tried again, a second."),
  standOf(
    "zaakstroom_mailbox_parked",
    "Parked",
    "Deliveries that wait for their next try, or behind an earlier one.",
  ),
  standOf(
    "zaakstroom_mailbox_held",
    "Held now",
    "Parked deliveries that wait behind an earlier one of their case.",
  ),
  standOf(
    "zaakstroom_mailbox_parked_oldest_seconds",
    "Oldest parked",
    "Age of the oldest parked delivery.",
    "s",
  ),
  standOf("zaakstroom_mailbox_dead", "Dead letters", "Deliveries given up on, which wait for a person."),
  rateOf("zaakstroom_dead_letters_total", "New dead letters", "Deliveries given up on, a second."),
  rateOf("zaakstroom_held_total", "Held", "Deliveries put behind an earlier one of their case, a second."),
];

const supervision: readonly Panel[] = [
  standOf("zaakstroom_mailbox_unowned", "Without a node", "Partitions that no node has the lease of."),
  rateOf(
    "zaakstroom_fenced_writes_total",
    "Fenced writes",
    "Settlements refused because the lease had moved.",
  ),
  rateOf(
    "zaakstroom_processor_restarts_total",
    "Processors restarted",
    "Ends with an error that is no delivery’s.",
  ),
  {
    title: "Workers replaced",
    description: "Workers that ended, a second, by how: recycled is planned.",
    unit: "ops",
    shows: {
      "{{exit}}": `sum by (exit) (rate(zaakstroom_worker_restarts_total{${NODE}}[$__rate_interval]))`,
    },
  },
  {
    title: "Heap of workers",
    description: "Heap of each worker, as it last reported.",
    unit: "bytes",
    shows: { "{{instance}} {{worker}}": `zaakstroom_worker_heap_bytes{${NODE}}` },
  },
];

export const processors: DashboardPlan = {
  name: "processors",
  title: "Zaakstroom / Processors",
  description: "What each processor does, what waits for it, and what it gave up on.",
  rows: { Work: work, Failures: failures, Supervision: supervision },
};
