/** The metrics of a node: an observer of the runtime that Prometheus can scrape and the summary can quote. @module */
import { Registry } from "prom-client";
import { expose } from "./exposition.ts";
import { Figures } from "./figures.ts";
import type { LatencySummary } from "./latency.ts";

export interface MetricsOptions {
  /** The value of the label `backend`: the backend's name. */
  readonly backend: string;
  /** Processors of this node: their failure counters start at zero, so that the first failure is seen as a rise. */
  readonly processors?: readonly string[];
  /** Heap of each worker in bytes. */
  readonly workerHeaps?: () => readonly number[];
  /** In milliseconds. */
  readonly now?: () => number;
}

/** What a run came to, for the summary of `start --until-idle --json`. */
export interface MetricsSnapshot {
  /** By event type. */
  readonly processed: Record<string, { success: number; failed: number }>;
  readonly published: Record<string, number>;
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
  readonly firstSettledAt: number | null;
  readonly lastSettledAt: number | null;
}

/** Counts what the runtime tells, and renders it for Prometheus. Needs no permissions. */
export class Metrics extends Figures {
  readonly #registry = new Registry();

  constructor({ backend, processors = [], workerHeaps = () => [], now = Date.now }: MetricsOptions) {
    super(backend, processors, now);
    expose(this.#registry, this, { backend, workerHeaps });
  }

  /** The media type of `text()`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  snapshot(): MetricsSnapshot {
    return {
      processed: this.#processed(),
      published: Object.fromEntries(this.publishedByType),
      restarts: this.restarts.total,
      retried: this.retries.total,
      deadLettered: this.deadLetters.total,
      held: this.heldBack.total,
      fenced: this.fencedWrites.total,
      latencyMs: this.latencies.total(),
      latencyMsByType: this.latencies.byType(),
      firstSettledAt: this.firstSettledAt,
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
