/** Latencies in a histogram of high dynamic range: three significant digits from a microsecond to an hour, in bounded memory. @module */
import { PreciseHistogram } from "./precise_histogram.ts";

/** Percentiles in milliseconds; all zero when nothing was recorded. */
export interface LatencyFigures {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** A point of the percentile curve. */
export interface CurvePoint {
  /** In a hundred. */
  readonly percentile: number;
  readonly ms: number;
}

/** What took longer than an hour counts as an hour. */
const LONGEST_US = 3_600_000_000;
const CURVE = [0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 100];

export class LatencyHistogram {
  readonly #histogram = new PreciseHistogram(LONGEST_US);

  /** Counts one latency in milliseconds. Clocks of two machines may differ: what is below zero counts as zero. */
  record(ms: number): void {
    this.#histogram.record(Math.max(0, Math.round(ms * 1000)));
  }

  reset(): void {
    this.#histogram.reset();
  }

  figures(): LatencyFigures {
    const { count, mean, max } = this.#histogram;
    const at = (percentile: number) => toMs(this.#histogram.percentile(percentile));
    const [p50, p90, p95, p99, p999] = [at(50), at(90), at(95), at(99), at(99.9)];
    return { count, mean: toMs(mean), p50, p90, p95, p99, p999, max: toMs(max) };
  }

  /** How latency grows with the percentile, for a plot. */
  curve(): CurvePoint[] {
    if (this.#histogram.count === 0) return [];
    return CURVE.map((percentile) => ({ percentile, ms: toMs(this.#histogram.percentile(percentile)) }));
  }
}

function toMs(us: number): number {
  return Math.round(us / 10) / 100;
}
