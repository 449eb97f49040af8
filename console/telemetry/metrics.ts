/** The metrics of a node: an observer of the runtime that Prometheus can scrape and the summary can quote. @module */
import type { Registry } from "prom-client";
import { type CountedProcessor, NodeMetrics } from "./node_metrics.ts";
import type { LatencySummary } from "./latency.ts";

interface MetricsOptions {
  /** The value of the label `backend`: the backend's name. */
  readonly backend: string;
  /** The name that leases of this node bear. */
  readonly node?: string;
  /** Processors of this node: their counters start at zero, so that the first failure is seen as a rise. */
  readonly processors?: readonly CountedProcessor[];
  /** Heap of each worker in bytes. */
  readonly workerHeaps?: () => readonly number[];
  /** In milliseconds. */
  readonly now?: () => number;
}

/** What a run came to, for the summary of `start --until-idle --json`. */
export interface MetricsSnapshot {
  /** By event type. */
  readonly processed: Record<string, { success: number; failed: number }>;
  /** Workers replaced, planned recycling included. */
  readonly restarts: number;
  readonly retried: number;
  readonly deadLettered: number;
  readonly held: number;
  readonly fenced: number;
  /** From append to settle, over all types; null when nothing was settled. */
  readonly latencyMs: LatencySummary | null;
  readonly latencyMsByType: Record<string, LatencySummary>;
  /** In milliseconds by the node's clock; null when nothing was settled. */
  readonly lastSettledAt: number | null;
}

/** Counts what the runtime reports, and renders it for Prometheus. Needs no permissions. */
export class Metrics extends NodeMetrics {
  /** The media type of `text()`: Prometheus' text format. */
  readonly contentType = "text/plain; version=0.0.4; charset=utf-8";
  readonly #buildRegistry: () => Promise<Registry>;
  #registry: Promise<Registry> | undefined;

  constructor({ backend, node = "", processors = [], ...options }: MetricsOptions) {
    const { workerHeaps = () => [], now = Date.now } = options;
    super(backend, processors, now);
    // The library is loaded at the first scrape: a node has more urgent things to do when it starts.
    this.#buildRegistry = async () =>
      (await import("./prometheus.ts")).buildRegistry(this, { backend, node, workerHeaps });
  }

  /** All metrics in Prometheus' text format. */
  async text(): Promise<string> {
    this.#registry ??= this.#buildRegistry();
    return await (await this.#registry).metrics();
  }

  snapshot(): MetricsSnapshot {
    return {
      processed: this.#processed(),
      restarts: this.restarts.total,
      retried: this.retries.total,
      deadLettered: this.deadLetters.total,
      held: this.heldDeliveries.total,
      fenced: this.fencedWrites.total,
      latencyMs: this.latencies.total(),
      latencyMsByType: this.latencies.byType(),
      lastSettledAt: this.lastSettledAt,
    };
  }

  #processed(): MetricsSnapshot["processed"] {
    const types = new Set([...this.succeeded.keys(), ...this.failed.keys()]);
    return Object.fromEntries([...types].map((type) => {
      const [success, failed] = [this.succeeded.get(type) ?? 0, this.failed.get(type) ?? 0];
      return [type, { success, failed }];
    }));
  }
}
