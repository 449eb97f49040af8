/** The figures of a node as Prometheus metrics. They are read when somebody scrapes, not when something happens. @module */
import process from "node:process";
import { Counter, Gauge, Registry } from "prom-client";
import type { MailboxHealth } from "../backends/backend.ts";
import type { Figures, Tally } from "./figures.ts";

type Samples<L extends string> = Iterable<readonly [labels: Record<L, string>, value: number]>;

interface Definition<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
  readonly read: () => Samples<L>;
}

/** What a node tells besides its figures. */
interface NodeFigures {
  readonly backend: string;
  /** Heap of each worker in bytes. */
  readonly workerHeaps: () => readonly number[];
}

/** A registry with every metric of a node. */
export function expose(figures: Figures, node: NodeFigures): Registry {
  const registry = new Registry();
  exposeEvents(registry, figures, node.backend);
  exposeFailures(registry, figures, node.backend);
  exposeMailboxes(registry, figures, node.backend);
  exposeProcess(registry, node);
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

/** The four metrics everybody gets, with exactly these names and labels: dashboards depend on them. */
function exposeEvents(registry: Registry, figures: Figures, backend: string): void {
  counter(registry, {
    name: "event_published_total",
    help: "Events appended by this node, by its processors and by its producers",
    labels: ["backend", "event_type"],
    read: () => [...figures.publishedByType].map(([event_type, n]) => [{ backend, event_type }, n]),
  });
  counter(registry, {
    name: "event_processed_total",
    help: "Deliveries settled by this node; failed ones are retried or become dead letters",
    labels: ["backend", "event_type", "status"],
    read: () => processed(figures, backend),
  });
  figures.durations.registerIn(registry);
  gauge(registry, {
    name: "event_queue_depth",
    help: "Deliveries that wait in all mailboxes; each mailbox is counted up to 10,000",
    labels: ["backend"],
    // No sample before the first health: zero would claim that nothing waits.
    read: () => figures.health === undefined ? [] : [[{ backend }, sumOf(figures, "pending")]],
  });
}

function processed(figures: Figures, backend: string): Samples<"backend" | "event_type" | "status"> {
  const types = [...new Set([...figures.succeeded.keys(), ...figures.failed.keys()])];
  return types.flatMap((event_type) =>
    [
      [{ backend, event_type, status: "success" }, figures.succeeded.get(event_type) ?? 0],
      [{ backend, event_type, status: "failed" }, figures.failed.get(event_type) ?? 0],
    ] as const
  );
}

/** Every failure that was survived is counted: without these numbers it would be invisible. */
function exposeFailures(registry: Registry, figures: Figures, backend: string): void {
  const byProcessor = (name: string, help: string, tally: Tally) =>
    counter(registry, {
      name,
      help,
      labels: ["backend", "processor"],
      read: () => [...tally].map(([processor, n]) => [{ backend, processor }, n]),
    });
  byProcessor("zaakstroom_retries_total", "Failed attempts that are tried again", figures.retries);
  byProcessor("zaakstroom_dead_letters_total", "Deliveries given up on", figures.deadLetters);
  byProcessor(
    "zaakstroom_held_total",
    "Deliveries held behind an earlier one of their case",
    figures.heldBack,
  );
  byProcessor("zaakstroom_fenced_writes_total", "Settles refused: the lease had moved", figures.fencedWrites);
  byProcessor(
    "zaakstroom_processor_restarts_total",
    "Processors started again after an error that is no delivery's",
    figures.processorRestarts,
  );
  counter(registry, {
    name: "zaakstroom_worker_restarts_total",
    help: "Workers replaced, by how they ended",
    labels: ["exit"],
    read: () => [...figures.restarts].map(([exit, n]) => [{ exit }, n]),
  });
  exposeAbsence(registry, figures, backend);
}

function exposeAbsence(registry: Registry, figures: Figures, backend: string): void {
  const labels = ["backend"] as const;
  counter(registry, {
    name: "zaakstroom_backend_away_total",
    help: "How often the backend went away",
    labels,
    read: () => [[{ backend }, figures.aways]],
  });
  counter(registry, {
    name: "zaakstroom_backend_away_seconds_total",
    help: "How long the backend was away in all, in seconds",
    labels,
    read: () => [[{ backend }, figures.awayMs / 1000]],
  });
  gauge(registry, {
    name: "zaakstroom_backend_up",
    help: "1 when the backend answers, 0 while it is away; gauges of mailboxes then stay as they were",
    labels,
    read: () => [[{ backend }, figures.awaySince === null ? 1 : 0]],
  });
}

type Counted = "pending" | "parked" | "retrying" | "dead";

function sumOf(figures: Figures, field: Counted, processor?: string): number {
  const wanted = (each: MailboxHealth) => processor === undefined || each.processor === processor;
  const mailboxes = figures.health?.mailboxes.filter(wanted) ?? [];
  return mailboxes.reduce((sum, each) => sum + each[field], 0);
}

function exposeMailboxes(registry: Registry, figures: Figures, backend: string): void {
  const byProcessor = (name: string, help: string, valueOf: (processor: string) => number) =>
    gauge(registry, {
      name,
      help,
      labels: ["backend", "processor"],
      read: () => processorsOf(figures).map((processor) => [{ backend, processor }, valueOf(processor)]),
    });
  const sums: Record<Counted, string> = {
    pending: "Deliveries that wait, each mailbox counted up to 10,000",
    parked: "Deliveries that wait for their next try, or behind an earlier one of their case",
    retrying: "Parked deliveries that will be tried again by themselves",
    dead: "Dead letters that wait for a person",
  };
  for (const [field, help] of Object.entries(sums) as [Counted, string][]) {
    byProcessor(`zaakstroom_mailbox_${field}`, help, (name) => sumOf(figures, field, name));
  }
  byProcessor(
    "zaakstroom_mailbox_oldest_seconds",
    "Age of the oldest delivery that waits",
    (name) => oldestSeconds(figures, name),
  );
}

function processorsOf({ health }: Figures): string[] {
  return [...new Set(health?.mailboxes.map(({ processor }) => processor))];
}

function oldestSeconds({ health }: Figures, processor: string): number {
  const mailboxes = health?.mailboxes.filter((each) => each.processor === processor) ?? [];
  return Math.max(0, ...mailboxes.map(({ oldestMs }) => oldestMs)) / 1000;
}

/** CPU and memory under Prometheus' usual names. The library's own set needs permissions; these need none. */
function exposeProcess(registry: Registry, { workerHeaps }: NodeFigures): void {
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
