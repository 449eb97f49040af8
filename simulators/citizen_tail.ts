/**
 * Following a log that several writers append to, without missing an event.
 *
 * Positions are drawn before their transaction commits, so a reader can see a position of one partition before a lower
 * one of another. Within a partition they become visible in order. So what was seen is remembered by partition, and the
 * log is read again from where it ended a while ago: a second ago at every pass, which catches what is merely
 * simultaneous, and `overlapMs` ago now and then, which is longer than a store lets a transaction live (the PostgreSQL
 * backend ends statements after 60 seconds; JetStream and memory have no such gap). What comes later than that does not
 * exist. A reader that starts anew reads everything anew.
 * @module
 */
import { partitionOf } from "../schema/partition.ts";
import type { StoredEvent } from "../schema/stored_event.ts";

export interface TailOptions {
  /** Stored events from a position on, in order of their positions; ends with what was stored at the call. */
  readonly read: (fromPosition: number) => AsyncIterable<StoredEvent>;
  /** Partitions of the store. */
  readonly partitions: number;
  /** Real milliseconds since any moment. */
  readonly real: () => number;
  /** Longer than a transaction of the store can last. Default 90,000. */
  readonly overlapMs?: number;
}

const NEAR_MS = 1_000;

export class Tail {
  readonly #options: Required<TailOptions>;
  /** By partition, the last position seen. */
  readonly #seen: number[];
  /** Where the log ended, and when. */
  #ends: { time: number; position: number }[] = [];
  #farAt: number;

  constructor(options: TailOptions) {
    this.#options = { overlapMs: 90_000, ...options };
    this.#seen = Array.from({ length: options.partitions }, () => 0);
    this.#farAt = options.real();
  }

  /** What was not seen before. Whoever stops early gets the rest at the next call. */
  async *news(): AsyncGenerator<StoredEvent> {
    const { read, partitions, real } = this.#options;
    const began = real();
    const from = this.#from(began);
    for await (const stored of read(from)) {
      const partition = partitionOf(stored.event.correlation_id, partitions);
      if (stored.position <= this.#seen[partition]!) continue;
      this.#seen[partition] = stored.position;
      yield stored;
    }
    this.#ends.push({ time: began, position: Math.max(0, ...this.#seen) });
  }

  #from(now: number): number {
    const { overlapMs } = this.#options;
    const far = now - this.#farAt >= overlapMs / 3;
    if (far) this.#farAt = now;
    const endedAt = (age: number) => this.#ends.findLast(({ time }) => time <= now - age);
    const oldest = endedAt(overlapMs);
    if (oldest !== undefined) this.#ends = this.#ends.slice(this.#ends.indexOf(oldest));
    const from = far ? oldest : endedAt(NEAR_MS);
    return (from?.position ?? 0) + 1;
  }
}
