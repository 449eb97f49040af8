/** A Prometheus histogram that takes a whole batch of deliveries at once. @module */
import type { Metric, Registry } from "prom-client";

/** Upper bounds of the buckets in milliseconds: from a delivery that waits for nothing to one that waits a minute. */
const BOUNDS_MS = [
  ...[1, 2.5, 5, 10, 25, 50, 100, 250, 500],
  ...[1_000, 2_500, 5_000, 10_000, 30_000, 60_000],
] as const;

interface Series {
  /** By bucket, not added up yet; the last one holds what is above every bound. */
  readonly counts: Float64Array;
  sumMs: number;
}

interface Sample {
  readonly metricName: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

/**
 * `event_processing_duration_seconds`. The library's own histogram costs about a microsecond a value; this one hands the
 * library finished buckets at a scrape.
 */
export class DurationHistogram {
  readonly name = "event_processing_duration_seconds";
  readonly help = "Seconds from the append of an event to the settling of its delivery";
  readonly type = "histogram";
  readonly #backend: string;
  readonly #series = new Map<string, Series>();

  constructor(backend: string) {
    this.#backend = backend;
  }

  /** The library's registry asks a metric for nothing but `name` and `get`. */
  registerIn(registry: Registry): void {
    registry.registerMetric(this as unknown as Metric);
  }

  /** Deliveries of one type that were settled at `now`; both times in milliseconds. */
  observe(type: string, recordedAt: Float64Array, now: number): void {
    const series = this.#seriesOf(type);
    const { counts } = series;
    let sum = 0;
    for (let i = 0; i < recordedAt.length; i++) {
      const ms = Math.max(0, now - recordedAt[i]!);
      let bucket = 0;
      while (bucket < BOUNDS_MS.length && ms > BOUNDS_MS[bucket]!) bucket++;
      counts[bucket]! += 1;
      sum += ms;
    }
    series.sumMs += sum;
  }

  #seriesOf(type: string): Series {
    let series = this.#series.get(type);
    if (series === undefined) {
      series = { counts: new Float64Array(BOUNDS_MS.length + 1), sumMs: 0 };
      this.#series.set(type, series);
    }
    return series;
  }

  /** For the registry. */
  get(): Promise<{ name: string; help: string; type: string; aggregator: string; values: Sample[] }> {
    const values = [...this.#series].flatMap(([type, series]) => this.#samples(type, series));
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: "sum",
      values,
    });
  }

  #samples(type: string, { counts, sumMs }: Series): Sample[] {
    const labels = { backend: this.#backend, event_type: type };
    const samples: Sample[] = [];
    let count = 0;
    for (let i = 0; i < counts.length; i++) {
      count += counts[i]!;
      const le = i < BOUNDS_MS.length ? BOUNDS_MS[i]! / 1000 : "+Inf";
      samples.push({ metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: count });
    }
    samples.push({ metricName: `${this.name}_sum`, labels, value: sumMs / 1000 });
    samples.push({ metricName: `${this.name}_count`, labels, value: count });
    return samples;
  }
}
