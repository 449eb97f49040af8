/** How long deliveries took from append to settle: percentiles by event type and over all. @module */
import { PreciseHistogram } from "../../simulators/load/precise_histogram.ts";

/** Percentiles in milliseconds. */
export interface LatencySummary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Thirty days in microseconds: what waited longer counts as this. It bounds the memory of a histogram to 0.3 MB. */
const LONGEST_US = 30 * 86_400_000_000;

/** Histograms in microseconds with three significant digits, one for each event type. */
export class Latencies {
  readonly #byType = new Map<string, PreciseHistogram>();

  /** Deliveries of one type that were settled at `now`; both times in milliseconds. */
  record(type: string, recordedAt: Float64Array, now: number): void {
    if (recordedAt.length === 0) return;
    let histogram = this.#byType.get(type);
    if (histogram === undefined) this.#byType.set(type, histogram = new PreciseHistogram(LONGEST_US));
    for (let i = 0; i < recordedAt.length; i++) {
      const elapsed = Math.round((now - recordedAt[i]!) * 1000);
      // The store's clock and ours may differ: what seems to be settled before it was recorded took no time.
      histogram.record(elapsed >= 1 ? elapsed : 1);
    }
  }

  /** By event type, for the types that were settled. */
  byType(): Record<string, LatencySummary> {
    return Object.fromEntries([...this.#byType].map(([type, histogram]) => [type, summary(histogram)]));
  }

  /** Over all types; null when nothing was settled. */
  total(): LatencySummary | null {
    if (this.#byType.size === 0) return null;
    // Added up only when asked for: a second record for each delivery would double the cost.
    const all = new PreciseHistogram(LONGEST_US);
    for (const histogram of this.#byType.values()) all.add(histogram);
    return summary(all);
  }
}

function summary(histogram: PreciseHistogram): LatencySummary {
  const at = (percentile: number) => ms(histogram.percentile(percentile));
  return { p50: at(50), p95: at(95), p99: at(99), max: ms(histogram.max) };
}

/** Microseconds as milliseconds with two decimals. */
function ms(us: number): number {
  return Math.round(us / 10) / 100;
}
