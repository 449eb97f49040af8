/**
 * How fast work flows through the processors of this node: what was settled in the last hour, and how long it took from
 * stored to settled. For the console: it costs a few additions a batch, and 4 KB a processor, whether a page is open or not.
 * @module
 */
import { noopObserver, type Observer, type SettledBatch } from "../../actors/observer.ts";

const BUCKET_MS = 10_000;
const BUCKETS = 360;
const SAMPLES = 512;
/** Rates are those of the last minute. */
const RATE_BUCKETS = 6;

/** Counts of the last hour, one for each ten seconds, and the latest latencies. */
class Flow {
  readonly counts = new Uint32Array(BUCKETS);
  readonly #samples = new Float64Array(SAMPLES);
  #latest = 0;
  #sampled = 0;

  add(bucket: number, count: number): void {
    this.#forget(bucket);
    this.counts[bucket % BUCKETS]! += count;
  }

  sample(ms: number): void {
    this.#samples[this.#sampled++ % SAMPLES] = Math.max(0, ms);
  }

  /** The counts of so many buckets up to this one, oldest first. */
  last(bucket: number, buckets: number): readonly number[] {
    this.#forget(bucket);
    return Array.from({ length: buckets }, (_, i) => {
      const at = bucket - buckets + 1 + i;
      return at < 0 ? 0 : this.counts[at % BUCKETS]!;
    });
  }

  percentiles(): { readonly p50: number; readonly p99: number } | undefined {
    const known = this.#samples.subarray(0, Math.min(this.#sampled, SAMPLES)).toSorted();
    if (known.length === 0) return undefined;
    const at = (share: number) => known[Math.min(known.length - 1, Math.floor(share * known.length))]!;
    return { p50: at(0.5), p99: at(0.99) };
  }

  /** Buckets that nothing was counted in since are those of an hour before. */
  #forget(bucket: number): void {
    const first = Math.max(this.#latest + 1, bucket - BUCKETS + 1);
    for (let at = first; at <= bucket; at++) this.counts[at % BUCKETS] = 0;
    this.#latest = Math.max(this.#latest, bucket);
  }
}

/** What is known of one processor, or of the cases that close. */
export interface FlowFigures {
  readonly perMinute: number;
  /** Settled in each minute of the last hour, oldest first. */
  readonly hour: readonly number[];
  readonly latencyMs: { readonly p50: number; readonly p99: number } | undefined;
}

const CLOSED = "case.completed";

/** Counts what this node settles. */
export class FlowMeter {
  readonly #now: () => number;
  readonly #began: number;
  readonly #flows = new Map<string, Flow>();
  #restarts = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#began = now();
  }

  readonly observer: Observer = {
    ...noopObserver,
    settled: (batch) => this.#settled(batch),
    workerRestarted: () => void this.#restarts++,
  };

  /** Workers that were started again since the node began. */
  get restarts(): number {
    return this.#restarts;
  }

  processor(name: string): FlowFigures {
    return this.#figures(name);
  }

  /** Cases that were closed. */
  closed(): FlowFigures {
    return this.#figures(CLOSED);
  }

  #settled({ processor, done, outputs }: SettledBatch): void {
    const now = this.#now();
    const bucket = this.#bucketOf(now);
    const flow = this.#flow(processor);
    for (const times of Object.values(done)) {
      if (times.length === 0) continue;
      flow.add(bucket, times.length);
      // Two of a batch say enough: the one that waited longest and the one that came last.
      flow.sample(now - times[0]!);
      flow.sample(now - times[times.length - 1]!);
    }
    const closed = outputs[CLOSED] ?? 0;
    if (closed > 0) this.#flow(CLOSED).add(bucket, closed);
  }

  #figures(name: string): FlowFigures {
    const now = this.#now();
    const flow = this.#flow(name);
    const hour = flow.last(this.#bucketOf(now), BUCKETS);
    const minute = hour.slice(-RATE_BUCKETS).reduce((sum, count) => sum + count, 0);
    const seenMs = Math.min(this.#seenMs(now), now - this.#began);
    return {
      perMinute: Math.round(minute * 60_000 / Math.max(1_000, seenMs)),
      hour: Array.from({ length: 60 }, (_, i) => sum(hour.slice(i * 6, i * 6 + 6))),
      latencyMs: flow.percentiles(),
    };
  }

  /** How much time the buckets of a rate cover: the latest one is not over yet. */
  #seenMs(now: number): number {
    return (RATE_BUCKETS - 1) * BUCKET_MS + (now - this.#began) % BUCKET_MS;
  }

  #bucketOf(now: number): number {
    return Math.max(0, Math.floor((now - this.#began) / BUCKET_MS));
  }

  #flow(name: string): Flow {
    let flow = this.#flows.get(name);
    if (flow === undefined) this.#flows.set(name, flow = new Flow());
    return flow;
  }
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
