/** Latencies in an HDR histogram: three significant digits from a microsecond to an hour, in bounded memory. @module */
import { build, type Histogram } from "hdr-histogram-js";

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
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_US,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    useWebAssembly: false,
  });

  /** Counts one latency in milliseconds. Clocks of two machines may differ: what is below zero counts as zero. */
  record(ms: number): void {
    this.#histogram.recordValue(Math.min(Math.max(0, Math.round(ms * 1000)), LONGEST_US));
  }

  add(other: LatencyHistogram): void {
    this.#histogram.add(other.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }

  figures(): LatencyFigures {
    const { totalCount: count, mean, maxValue } = this.#histogram;
    const at = (percentile: number) => count === 0 ? 0 : toMs(this.#at(percentile));
    const [p50, p90, p95, p99, p999] = [at(50), at(90), at(95), at(99), at(99.9)];
    return { count, mean: toMs(count === 0 ? 0 : mean), p50, p90, p95, p99, p999, max: toMs(maxValue) };
  }

  /** How latency grows with the percentile, for a plot. */
  curve(): CurvePoint[] {
    if (this.#histogram.totalCount === 0) return [];
    return CURVE.map((percentile) => ({ percentile, ms: toMs(this.#at(percentile)) }));
  }

  /** The histogram answers with the upper end of a step, which may lie above the greatest value there was. */
  #at(percentile: number): number {
    return Math.min(this.#histogram.getValueAtPercentile(percentile), this.#histogram.maxValue);
  }
}

/** Microseconds as milliseconds with two decimals. */
function toMs(us: number): number {
  return Math.round(us / 10) / 100;
}
