/** A gate: so many may be inside at once, and of those who wait the highest rank goes in first. @module */
import { SMALL_PER_LARGE } from "../mailbox/batch_size.ts";

/** Where one goes in. */
export interface Permits {
  /**
   * Resolves, when it is our turn and there is a place, to the function that gives it back (legal twice); or to undefined
   * when the signal aborts first. Never rejects.
   */
  acquire(signal: AbortSignal, isLarge?: boolean): Promise<(() => void) | undefined>;
  /** A place at once, as the function that gives it back; undefined where one would have to wait. */
  tryAcquire(isLarge?: boolean): (() => void) | undefined;
}

/** Every so many times whoever has waited longest goes in, whatever its rank: so nobody waits for ever. */
const OLDEST_FIRST_EVERY = 100;

interface Waiter {
  readonly weight: number;
  readonly priority: number;
  readonly grant: () => void;
}

/** Lets in so many whole batches at once, and in the place of one as many small ones as hold no more. */
export class PrioritySemaphore implements Permits {
  #admissions = 0;
  /** Room for small batches. */
  #free: number;
  readonly #queue = new Set<Waiter>();

  constructor(readonly capacity: number) {
    this.#free = capacity * SMALL_PER_LARGE;
  }

  /** How much is inside, in whole batches. */
  get inUse(): number {
    return this.capacity - this.#free / SMALL_PER_LARGE;
  }

  /** The entrance of those of a rank. Within one, whoever came first goes in first. */
  withPriority(priority: number): Permits {
    return {
      acquire: (signal, isLarge) => this.#acquire(signal, priority, isLarge),
      tryAcquire: (isLarge) => this.tryAcquire(isLarge),
    };
  }

  /** The entrance of the lowest rank, 0. */
  acquire(signal: AbortSignal, isLarge?: boolean): Promise<(() => void) | undefined> {
    return this.#acquire(signal, 0, isLarge);
  }

  async #acquire(signal: AbortSignal, priority: number, isLarge = true): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    const now = this.tryAcquire(isLarge);
    if (now !== undefined) return now;
    const weight = weightOf(isLarge);
    return await this.#wait(signal, priority, weight) ? this.#releaseOnce(weight) : undefined;
  }

  tryAcquire(isLarge = true): (() => void) | undefined {
    const weight = weightOf(isLarge);
    if (this.#queue.size > 0 || this.#free < weight) return undefined;
    this.#free -= weight;
    return this.#releaseOnce(weight);
  }

  /** What gives a place back that was taken. */
  #releaseOnce(weight: number): () => void {
    let left = false;
    return () => {
      if (!left) this.#release(weight);
      left = true;
    };
  }

  /** True when a place was handed over, false when the signal aborted. */
  #wait(signal: AbortSignal, priority: number, weight: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (acquired: boolean) => {
        this.#queue.delete(waiting);
        signal.removeEventListener("abort", abort);
        resolve(acquired);
      };
      const waiting = { weight, priority, grant: () => end(true) };
      const abort = () => (end(false), this.#admit());
      this.#queue.add(waiting);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #release(room: number): void {
    this.#free += room;
    this.#admit();
  }

  /** In order: nobody who comes later, or needs less, takes the room of whose turn it is. */
  #admit(): void {
    for (let next = this.#next(); next !== undefined && next.weight <= this.#free; next = this.#next()) {
      this.#free -= next.weight;
      this.#admissions++;
      next.grant();
    }
  }

  /** Whose turn it is; undefined when nobody waits. */
  #next(): Waiter | undefined {
    const isOldestsTurn = this.#admissions % OLDEST_FIRST_EVERY === OLDEST_FIRST_EVERY - 1;
    let next: Waiter | undefined;
    for (const waiting of this.#queue) {
      if (next === undefined || waiting.priority > next.priority) next = waiting;
      if (isOldestsTurn) return next;
    }
    return next;
  }
}

function weightOf(isLarge: boolean): number {
  return isLarge ? SMALL_PER_LARGE : 1;
}
