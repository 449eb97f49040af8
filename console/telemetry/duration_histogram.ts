/** Prometheus histograms that take a whole batch of deliveries at once. @module */
import type { Metric, Registry } from "prom-client";

/** Upper bounds of the buckets in milliseconds: from a delivery that waits for nothing to one that waits a minute. */
const BOUNDS_MS = [
  ...[1, 2.5, 5, 10, 25, 50, 100, 250, 500],
  ...[1_000, 2_500, 5_000, 10_000, 30_000, 60_000],
] as const;

class Series {
  /** By bucket, not added up yet; the last one holds what is above every bound. */
  readonly counts = new Float64Array(BOUNDS_MS.length + 1);
  sumMs = 0;

  add({ counts, sumMs }: Series): void {
    for (let i = 0; i < counts.length; i++) this.counts[i]! += counts[i]!;
    this.sumMs += sumMs;
  }
}

interface Sample {
  readonly metricName: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

/** A histogram as it is scraped: the recorded series, added up by one label. */
interface View {
  readonly name: string;
  readonly help: string;
  readonly label: "event_type" | "processor";
}

/** What a pass makes is appended as it is settled: so it counts from the beginning of its chain. */
const IN_A_PASS =
  "; of what was made in the same pass, from the append of the event that the chain began with";

const VIEWS: readonly View[] = [
  {
    name: "event_processing_duration_seconds",
    help: `Seconds from the append of an event to the settling of its delivery${IN_A_PASS}`,
    label: "event_type",
  },
  {
    name: "zaakstroom_processing_duration_seconds",
    help:
      `The same by processor: seconds from the append of an event to the settling of its delivery${IN_A_PASS}`,
    label: "processor",
  },
];

/**
 * How long deliveries took, by processor and event type. The library's own histogram costs about a microsecond a value;
 * this one hands the library finished buckets at a scrape, and a value is recorded once for both histograms.
 */
export class DurationHistogram {
  readonly #backend: string;
  /** By processor, then by event type. */
  readonly #series = new Map<string, Map<string, Series>>();

  constructor(backend: string) {
    this.#backend = backend;
  }

  /** The library's registry asks a metric for nothing but `name` and `get`. */
  registerIn(registry: Registry): void {
    for (const view of VIEWS) {
      const metric = { ...view, type: "histogram", get: () => Promise.resolve(this.#read(view)) };
      registry.registerMetric(metric as unknown as Metric);
    }
  }

  /** Makes a series that is scraped as zero before anything is observed. */
  expect(processor: string, type: string): void {
    this.#seriesOf(processor, type);
  }

  /** Deliveries of one type that a processor settled at `now`; both times in milliseconds. */
  observe(processor: string, type: string, recordedAt: Float64Array, now: number): void {
    const series = this.#seriesOf(processor, type);
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

  #seriesOf(processor: string, type: string): Series {
    const byType = this.#series.get(processor) ?? new Map<string, Series>();
    const series = byType.get(type) ?? new Series();
    this.#series.set(processor, byType.set(type, series));
    return series;
  }

  #read(view: View) {
    const { name, help, label } = view;
    const sums = new Map<string, Series>();
    for (const [processor, byType] of this.#series) {
      for (const [type, series] of byType) {
        const value = label === "processor" ? processor : type;
        const sum = sums.get(value) ?? new Series();
        sum.add(series);
        sums.set(value, sum);
      }
    }
    const values = [...sums].flatMap(([value, sum]) => this.#samples(view, value, sum));
    return { name, help, type: "histogram", aggregator: "sum", values };
  }

  #samples({ name, label }: View, value: string, { counts, sumMs }: Series): Sample[] {
    const labels = { backend: this.#backend, [label]: value };
    const samples: Sample[] = [];
    let count = 0;
    for (let i = 0; i < counts.length; i++) {
      count += counts[i]!;
      const le = i < BOUNDS_MS.length ? BOUNDS_MS[i]! / 1000 : "+Inf";
      samples.push({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: count });
    }
    samples.push({ metricName: `${name}_sum`, labels, value: sumMs / 1000 });
    samples.push({ metricName: `${name}_count`, labels, value: count });
    return samples;
  }
}
