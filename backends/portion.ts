/** How much a mailbox reads at a time. @module */
import type { Batch } from "./mailbox.ts";

/** How much one batch may hold. One delivery is always allowed, whatever its size. */
export interface BatchLimits {
  readonly batchSize: number;
  readonly batchBytes: number;
}

/** So many small batches hold no more than a whole one. */
export const SMALL_IN_WHOLE = 4;

/**
 * A whole batch while more is waiting, a small one otherwise: then many mailboxes can be served at the same moment within
 * the same bound on memory.
 */
export class Portion {
  readonly #whole: BatchLimits;
  readonly #small: BatchLimits;
  /** What waits for a mailbox that was just won is not known yet. */
  isWhole = true;

  constructor({ batchSize, batchBytes }: BatchLimits) {
    this.#whole = { batchSize, batchBytes };
    this.#small = {
      batchSize: Math.ceil(batchSize / SMALL_IN_WHOLE),
      batchBytes: Math.ceil(batchBytes / SMALL_IN_WHOLE),
    };
  }

  /** How much the next batch may hold. */
  get limits(): BatchLimits {
    return this.isWhole ? this.#whole : this.#small;
  }

  /** Whether such a batch left nothing behind. (Only a delivery of more than half a batch's bytes may have been left.) */
  isAll({ count, lines }: Pick<Batch, "count" | "lines">): boolean {
    const { batchSize, batchBytes } = this.limits;
    return count < batchSize && lines.length < batchBytes / 2;
  }

  /** The next one is chosen by what came. */
  took(batch: Pick<Batch, "count" | "lines"> | undefined): void {
    this.isWhole = batch !== undefined && !this.isAll(batch);
  }
}
