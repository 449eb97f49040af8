/**
 * A weighted semaphore with priorities: it bounds the batches in memory, and of several waiters the one of the highest
 * priority is admitted first.
 * @module
 */

/** This many small permits weigh as much as a large one. */
export const SMALL_PER_LARGE = 4;

/** Gives a permit back. Legal twice. */
export type Release = () => void;

/** Where permits are had. */
export interface Permits {
  /** Resolves to the function that gives the permit back, or to undefined when the signal aborts first. Never rejects. */
  acquire(signal: AbortSignal, isLarge?: boolean): Promise<Release | undefined>;
  /** A permit at once; undefined where it would have to be waited for. */
  tryAcquire(isLarge?: boolean): Release | undefined;
  /** Called when who asks here has nothing to do and waits to be notified. */
  onIdle?(): void;
}

/** Every 100th admission goes to the longest waiter regardless of priority, which prevents starvation. */
const OLDEST_FIRST_EVERY = 100;

interface Waiter {
  readonly weight: number;
  readonly priority: number;
  readonly grant: () => void;
}

/** Admits `capacity` large batches at once, or in the place of one of them SMALL_PER_LARGE small ones. */
export class PrioritySemaphore implements Permits {
  #admissions = 0;
  /** In small permits. */
  #free: number;
  readonly #queue = new Set<Waiter>();

  constructor(readonly capacity: number) {
    this.#free = capacity * SMALL_PER_LARGE;
  }

  /** In large permits. */
  get inUse(): number {
    return this.capacity - this.#free / SMALL_PER_LARGE;
  }

  /** The permits of one priority; within it the first to ask is admitted first. */
  withPriority(priority: number): Permits {
    return {
      acquire: (signal, isLarge) => this.#acquire(signal, priority, isLarge),
      tryAcquire: (isLarge) => this.tryAcquire(isLarge),
    };
  }

  /** With the lowest priority, 0. */
  acquire(signal: AbortSignal, isLarge?: boolean): Promise<Release | undefined> {
    return this.#acquire(signal, 0, isLarge);
  }

  async #acquire(signal: AbortSignal, priority: number, isLarge = true): Promise<Release | undefined> {
    if (signal.aborted) return undefined;
    const now = this.tryAcquire(isLarge);
    if (now !== undefined) return now;
    const weight = weightOf(isLarge);
    return await this.#wait(signal, priority, weight) ? this.#releaseOnce(weight) : undefined;
  }

  tryAcquire(isLarge = true): Release | undefined {
    const weight = weightOf(isLarge);
    if (this.#queue.size > 0 || this.#free < weight) return undefined;
    this.#free -= weight;
    return this.#releaseOnce(weight);
  }

  #releaseOnce(weight: number): Release {
    let left = false;
    return () => {
      if (!left) this.#release(weight);
      left = true;
    };
  }

  /** True when a permit was granted, false when the signal aborted. */
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

  /** In order: a later or smaller request never takes the room that the next waiter needs. */
  #admit(): void {
    for (let next = this.#next(); next !== undefined && next.weight <= this.#free; next = this.#next()) {
      this.#free -= next.weight;
      this.#admissions++;
      next.grant();
    }
  }

  /** The waiter to be admitted next. */
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
