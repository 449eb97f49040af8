/** How much a mailbox reads at a time. @module */
import type { Batch } from "./mailbox.ts";

/** How much one batch may hold. One delivery is always allowed, whatever its size. */
export interface BatchLimits {
  readonly batchSize: number;
  readonly batchBytes: number;
}

/** So many small batches hold no more than a whole one. */
export const SMALL_PER_LARGE = 4;

/**
 * A whole batch while more is waiting, a small one otherwise: then many mailboxes can be served at the same moment within
 * the same bound on memory.
 */
export class BatchSizer {
  readonly #large: BatchLimits;
  readonly #small: BatchLimits;
  /** What waits for a mailbox that was just won is not known yet. */
  isLarge = true;

  constructor({ batchSize, batchBytes }: BatchLimits) {
    this.#large = { batchSize, batchBytes };
    this.#small = {
      batchSize: Math.ceil(batchSize / SMALL_PER_LARGE),
      batchBytes: Math.ceil(batchBytes / SMALL_PER_LARGE),
    };
  }

  /** How much the next batch may hold. */
  get limits(): BatchLimits {
    return this.isLarge ? this.#large : this.#small;
  }

  /** Whether such a batch left nothing behind. (Only a delivery of more than half a batch's bytes may have been left.) */
  isDrained({ count, lines }: Pick<Batch, "count" | "lines">): boolean {
    const { batchSize, batchBytes } = this.limits;
    return count < batchSize && lines.length < batchBytes / 2;
  }

  /** The next one is chosen by what came. */
  observe(batch: Pick<Batch, "count" | "lines"> | undefined): void {
    this.isLarge = batch !== undefined && !this.isDrained(batch);
  }
}
