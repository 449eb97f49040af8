/** The figures of a node as Prometheus metrics. They are read at a scrape, not when something happens. @module */
import process from "node:process";
import { Registry } from "prom-client";
import config from "../../deno.json" with { type: "json" };
import type { LabelCounts, NodeMetrics } from "./node_metrics.ts";
import { counter, gauge, OF_THE_STORE, type Samples } from "./registry.ts";
import { registerDepth, registerMailboxes, registerProjections, registerServer } from "./store_metrics.ts";

/** What a node provides besides its figures. */
interface MetricsContext {
  readonly backend: string;
  /** The name that its leases bear. */
  readonly node: string;
  /** Heap of each worker in bytes. */
  readonly workerHeaps: () => readonly number[];
}

/** A registry with every metric of a node. */
export function buildRegistry(nodeMetrics: NodeMetrics, node: MetricsContext): Registry {
  const registry = new Registry();
  registerEvents(registry, nodeMetrics, node.backend);
  registerWork(registry, nodeMetrics, node.backend);
  registerFailures(registry, nodeMetrics, node.backend);
  registerDepth(registry, nodeMetrics, node.backend);
  registerProjections(registry, nodeMetrics, node.backend);
  registerMailboxes(registry, nodeMetrics, node);
  registerServer(registry, nodeMetrics, node.backend);
  registerProcess(registry, node);
  return registry;
}

/** The four metrics of every backend, with exactly these names and labels: dashboards depend on them. */
function registerEvents(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  counter(registry, {
    name: "event_published_total",
    help: `Events stored since this node started, by whatever program${OF_THE_STORE}`,
    labels: ["backend", "event_type"],
    read: () => byType(nodeMetrics.publishedByType, backend),
  });
  counter(registry, {
    name: "event_processed_total",
    help: "Deliveries settled by this node; failed ones are retried or become dead letters",
    labels: ["backend", "event_type", "status"],
    read: () => processed(nodeMetrics, backend),
  });
  nodeMetrics.durations.registerIn(registry);
}

/** What this node did, told by what the brief's metrics have no label for. */
function registerWork(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  const { succeededByProcessor, failedByProcessor } = nodeMetrics;
  counter(registry, {
    name: "zaakstroom_appended_total",
    help: "Events that this node appended: outputs of its processors, and cases that it generates",
    labels: ["backend", "event_type"],
    read: () => byType(nodeMetrics.appendedByType, backend),
  });
  counter(registry, {
    name: "zaakstroom_processed_total",
    help: "Deliveries settled by this node, by processor; failed ones are retried or become dead letters",
    labels: ["backend", "processor", "status"],
    read: () =>
      [
        ...[...succeededByProcessor].map(([processor, n]) => [{ backend, processor, status: "success" }, n]),
        ...[...failedByProcessor].map(([processor, n]) => [{ backend, processor, status: "failed" }, n]),
      ] as [Record<"backend" | "processor" | "status", string>, number][],
  });
}

function byType(counts: LabelCounts, backend: string): Samples<"backend" | "event_type"> {
  return [...counts].map(([event_type, n]) => [{ backend, event_type }, n]);
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
  registerPasses(registry, nodeMetrics, backend);
  registerAlarms(registry, nodeMetrics, backend);
  registerRefusals(registry, nodeMetrics, backend);
  registerAvailability(registry, nodeMetrics, backend);
}

function registerPasses(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  counter(registry, {
    name: "zaakstroom_passes_total",
    help:
      "Passes settled: processors of a partition that handled what was there and what they made of it together",
    labels: ["backend"],
    read: () => [[{ backend }, nodeMetrics.settledPasses]],
  });
  counter(registry, {
    name: "zaakstroom_dropped_passes_total",
    help: "Passes that came to nothing, by reason: each processor then does for itself what they had read",
    labels: ["backend", "reason"],
    read: () => [...nodeMetrics.droppedPasses].map(([reason, n]) => [{ backend, reason }, n]),
  });
}

function registerAlarms(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  counter(registry, {
    name: "zaakstroom_alarms_total",
    help: "Terms that people let pass, and that the team lead was told of, by the code of the reason",
    labels: ["backend", "alarm"],
    read: () => [...nodeMetrics.alarms].map(([alarm, n]) => [{ backend, alarm }, n]),
  });
}

function registerRefusals(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  counter(registry, {
    name: "zaakstroom_refused_inputs_total",
    help: "Events that this node put in the inbox, by class of reason",
    labels: ["backend", "reason"],
    read: () => [...nodeMetrics.refusedInputs].map(([reason, n]) => [{ backend, reason }, n]),
  });
  counter(registry, {
    name: "zaakstroom_not_allowed_total",
    help:
      `What its sender might not send since this node started, at any door: lines "refused" of the trail, and appends that PostgreSQL refused${OF_THE_STORE}`,
    labels: ["backend"],
    read: () => nodeMetrics.notAllowed === undefined ? [] : [[{ backend }, nodeMetrics.notAllowed]],
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

/** CPU, memory and age under Prometheus' usual names. The library's own set needs permissions; these need none. */
function registerProcess(registry: Registry, { backend, node, workerHeaps }: MetricsContext): void {
  gauge(registry, {
    name: "zaakstroom_worker_heap_bytes",
    help: "Heap of each worker, as it last reported",
    labels: ["worker"],
    read: () => workerHeaps().map((bytes, worker) => [{ worker: String(worker) }, bytes]),
  });
  gauge(registry, {
    name: "zaakstroom_build_info",
    help: "1, with what runs here as labels",
    labels: ["version", "deno", "backend", "node"],
    read: () => [[{ version: config.version, deno: Deno.version.deno, backend, node }, 1]],
  });
  const ofProcess = { labels: [] } as const;
  gauge(registry, {
    ...ofProcess,
    name: "process_start_time_seconds",
    help: "When this process started, in seconds since 1970",
    read: () => [[{}, STARTED_AT]],
  });
  gauge(registry, {
    ...ofProcess,
    name: "process_resident_memory_bytes",
    help: "Memory of the whole process",
    read: () => [[{}, Deno.memoryUsage().rss]],
  });
  counter(registry, {
    ...ofProcess,
    name: "process_cpu_seconds_total",
    help: "CPU time of the whole process, workers included",
    read: () => [[{}, cpuSeconds()]],
  });
}

/** `performance` counts from the start of the process. */
const STARTED_AT = performance.timeOrigin / 1000;

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
