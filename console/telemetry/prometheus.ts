/** The figures of a node as Prometheus metrics. They are read at a scrape, not when something happens. @module */
import process from "node:process";
import { Counter, Gauge, Registry } from "prom-client";
import type { MailboxHealth } from "../../backends/health.ts";
import type { LabelCounts, NodeMetrics } from "./node_metrics.ts";

type Samples<L extends string> = Iterable<readonly [labels: Record<L, string>, value: number]>;

interface Definition<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
  readonly read: () => Samples<L>;
}

/** What a node provides besides its figures. */
interface MetricsContext {
  readonly backend: string;
  /** Heap of each worker in bytes. */
  readonly workerHeaps: () => readonly number[];
}

/** A registry with every metric of a node. */
export function buildRegistry(nodeMetrics: NodeMetrics, node: MetricsContext): Registry {
  const registry = new Registry();
  registerEvents(registry, nodeMetrics, node.backend);
  registerFailures(registry, nodeMetrics, node.backend);
  registerMailboxes(registry, nodeMetrics, node.backend);
  registerProcess(registry, node);
  return registry;
}

function counter<L extends string>(
  registry: Registry,
  { name, help, labels, read }: Definition<L>,
): void {
  new Counter<L>({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const [values, value] of read()) this.inc(values, value);
    },
  });
}

function gauge<L extends string>(registry: Registry, { name, help, labels, read }: Definition<L>): void {
  new Gauge<L>({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const [values, value] of read()) this.set(values, value);
    },
  });
}

/** The four metrics of every backend, with exactly these names and labels: dashboards depend on them. */
function registerEvents(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  counter(registry, {
    name: "event_published_total",
    help: "Events appended by this node, by its processors and by its producers",
    labels: ["backend", "event_type"],
    read: () => [...nodeMetrics.publishedByType].map(([event_type, n]) => [{ backend, event_type }, n]),
  });
  counter(registry, {
    name: "event_processed_total",
    help: "Deliveries settled by this node; failed ones are retried or become dead letters",
    labels: ["backend", "event_type", "status"],
    read: () => processed(nodeMetrics, backend),
  });
  nodeMetrics.durations.registerIn(registry);
  gauge(registry, {
    name: "event_queue_depth",
    help: "Deliveries that wait in all mailboxes, parked ones too; each mailbox is counted up to 10,000",
    labels: ["backend"],
    // No sample before the first health: zero would claim that nothing waits.
    read: () => nodeMetrics.health === undefined ? [] : [[{ backend }, queueDepth(nodeMetrics)]],
  });
}

function queueDepth(nodeMetrics: NodeMetrics): number {
  return sumOf(nodeMetrics, "pending") + sumOf(nodeMetrics, "parked");
}

function processed(nodeMetrics: NodeMetrics, backend: string): Samples<"backend" | "event_type" | "status"> {
  const types = [...new Set([...nodeMetrics.succeeded.keys(), ...nodeMetrics.failed.keys()])];
  return types.flatMap((event_type) =>
    [
      [{ backend, event_type, status: "success" }, nodeMetrics.succeeded.get(event_type) ?? 0],
      [{ backend, event_type, status: "failed" }, nodeMetrics.failed.get(event_type) ?? 0],
    ] as const
  );
}

/** Every failure that was survived is counted: without these numbers it would be invisible. */
function registerFailures(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  const byProcessor = (name: string, help: string, counts: LabelCounts) =>
    counter(registry, {
      name,
      help,
      labels: ["backend", "processor"],
      read: () => [...counts].map(([processor, n]) => [{ backend, processor }, n]),
    });
  byProcessor("zaakstroom_retries_total", "Failed attempts that are tried again", nodeMetrics.retries);
  byProcessor("zaakstroom_dead_letters_total", "Deliveries given up on", nodeMetrics.deadLetters);
  byProcessor(
    "zaakstroom_held_total",
    "Deliveries held behind an earlier one of their case",
    nodeMetrics.heldDeliveries,
  );
  byProcessor(
    "zaakstroom_fenced_writes_total",
    "Settles refused: the lease had moved",
    nodeMetrics.fencedWrites,
  );
  byProcessor(
    "zaakstroom_processor_restarts_total",
    "Processors started again after an error that is no delivery's",
    nodeMetrics.processorRestarts,
  );
  counter(registry, {
    name: "zaakstroom_worker_restarts_total",
    help: "Workers replaced, by how they ended",
    labels: ["exit"],
    read: () => [...nodeMetrics.restarts].map(([exit, n]) => [{ exit }, n]),
  });
  registerInbox(registry, nodeMetrics, backend);
  registerAvailability(registry, nodeMetrics, backend);
}

function registerInbox(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  counter(registry, {
    name: "zaakstroom_refused_inputs_total",
    help: "Events that this node put in the inbox, by class of reason",
    labels: ["backend", "reason"],
    read: () => [...nodeMetrics.refusedInputs].map(([reason, n]) => [{ backend, reason }, n]),
  });
  gauge(registry, {
    name: "zaakstroom_inbox_refused",
    help: "Events in the inbox that wait for a person",
    labels: ["backend"],
    read: () => {
      const refused = nodeMetrics.health?.rejected;
      return refused === undefined ? [] : [[{ backend }, refused]];
    },
  });
}

function registerAvailability(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  const labels = ["backend"] as const;
  counter(registry, {
    name: "zaakstroom_backend_outages_total",
    help: "How often the backend became unavailable",
    labels,
    read: () => [[{ backend }, nodeMetrics.outages]],
  });
  counter(registry, {
    name: "zaakstroom_backend_unavailable_seconds_total",
    help: "How long the backend was unavailable in all, in seconds",
    labels,
    read: () => [[{ backend }, nodeMetrics.unavailableMs / 1000]],
  });
  gauge(registry, {
    name: "zaakstroom_backend_up",
    help: "1 when the backend answers, 0 while it is unavailable; gauges of mailboxes then stay as they were",
    labels,
    read: () => [[{ backend }, nodeMetrics.unavailableSince === null ? 1 : 0]],
  });
}

type MailboxCount = "pending" | "parked" | "retrying" | "dead";

function sumOf(nodeMetrics: NodeMetrics, field: MailboxCount, processor?: string): number {
  const wanted = (each: MailboxHealth) => processor === undefined || each.processor === processor;
  const mailboxes = nodeMetrics.health?.mailboxes.filter(wanted) ?? [];
  return mailboxes.reduce((sum, each) => sum + each[field], 0);
}

function registerMailboxes(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  const byProcessor = (name: string, help: string, valueOf: (processor: string) => number) =>
    gauge(registry, {
      name,
      help,
      labels: ["backend", "processor"],
      read: () => processorsOf(nodeMetrics).map((processor) => [{ backend, processor }, valueOf(processor)]),
    });
  const sums: Record<MailboxCount, string> = {
    pending: "Deliveries that wait, each mailbox counted up to 10,000",
    parked: "Deliveries that wait for their next try, or behind an earlier one of their case",
    retrying: "Parked deliveries that will be tried again by themselves",
    dead: "Dead letters that wait for a person",
  };
  for (const [field, help] of Object.entries(sums) as [MailboxCount, string][]) {
    byProcessor(`zaakstroom_mailbox_${field}`, help, (name) => sumOf(nodeMetrics, field, name));
  }
  byProcessor(
    "zaakstroom_mailbox_oldest_seconds",
    "Age of the oldest delivery that waits",
    (name) => oldestSeconds(nodeMetrics, name, "oldestMs"),
  );
  byProcessor(
    "zaakstroom_mailbox_parked_oldest_seconds",
    "Age of the oldest parked delivery",
    (name) => oldestSeconds(nodeMetrics, name, "parkedOldestMs"),
  );
}

function processorsOf({ health }: NodeMetrics): string[] {
  return [...new Set(health?.mailboxes.map(({ processor }) => processor))];
}

function oldestSeconds(
  { health }: NodeMetrics,
  processor: string,
  field: "oldestMs" | "parkedOldestMs",
): number {
  const mailboxes = health?.mailboxes.filter((each) => each.processor === processor) ?? [];
  return Math.max(0, ...mailboxes.map((each) => each[field])) / 1000;
}

/** CPU and memory under Prometheus' usual names. The library's own set needs permissions; these need none. */
function registerProcess(registry: Registry, { workerHeaps }: MetricsContext): void {
  gauge(registry, {
    name: "zaakstroom_worker_heap_bytes",
    help: "Heap of each worker, as it last reported",
    labels: ["worker"],
    read: () => workerHeaps().map((bytes, worker) => [{ worker: String(worker) }, bytes]),
  });
  gauge(registry, {
    name: "process_resident_memory_bytes",
    help: "Memory of the whole process",
    labels: [],
    read: () => [[{}, Deno.memoryUsage().rss]],
  });
  counter(registry, {
    name: "process_cpu_seconds_total",
    help: "CPU time of the whole process, workers included",
    labels: [],
    read: () => [[{}, cpuSeconds()]],
  });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
