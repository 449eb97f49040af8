/** How much a mailbox reads at a time. @module */
import { SMALL_PER_LARGE } from "../primitives/priority_semaphore.ts";
import type { Batch } from "./batch.ts";

/** How much one batch may hold. One delivery is always allowed, whatever its size. */
export interface BatchLimits {
  readonly batchSize: number;
  readonly batchBytes: number;
}

/** How many are asked for while nothing is known of their size: of events of 5 MB a store can read that many in time. */
const FIRST_BATCH_SIZE = 64;

/**
 * A large batch while more is waiting, a small one otherwise: then many mailboxes can be served at the same moment within
 * the same bound on memory. No more are asked for than twice as many as would fit by the size of the last ones, because a
 * store may have to read all that it is asked for to know where a batch ends.
 */
export class BatchSizer {
  readonly #large: BatchLimits;
  readonly #small: BatchLimits;
  /** True at first: what waits for a mailbox that was just acquired is not known yet. */
  isLarge = true;
  #bytesEach: number | undefined;

  constructor({ batchSize, batchBytes }: BatchLimits) {
    this.#large = { batchSize, batchBytes };
    this.#small = {
      batchSize: Math.ceil(batchSize / SMALL_PER_LARGE),
      batchBytes: Math.ceil(batchBytes / SMALL_PER_LARGE),
    };
  }

  /** How much the next batch may hold. */
  get limits(): BatchLimits {
    const { batchSize, batchBytes } = this.isLarge ? this.#large : this.#small;
    const most = this.#bytesEach === undefined
      ? FIRST_BATCH_SIZE
      : Math.ceil(2 * batchBytes / this.#bytesEach);
    return { batchSize: Math.min(batchSize, most), batchBytes };
  }

  /**
   * Whether a batch of the present limits left nothing behind, judged by its size. A delivery of more than half a batch's
   * bytes may be missed; the store's poll finds it.
   */
  isDrained({ count, lines }: Pick<Batch, "count" | "lines">): boolean {
    const { batchSize, batchBytes } = this.limits;
    return count < batchSize && lines.length < batchBytes / 2;
  }

  /** Chooses the size of the next batch by the last one. */
  observe(batch: Pick<Batch, "count" | "lines"> | undefined): void {
    this.isLarge = batch !== undefined && !this.isDrained(batch);
    if (batch !== undefined && batch.count > 0) {
      this.#bytesEach = Math.max(1, batch.lines.length / batch.count);
    }
  }
}
