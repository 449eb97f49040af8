/** One timer for many deadlines of one length: an answer that takes longer counts as lost. @module */

interface Waiter {
  readonly dueAt: number;
  readonly expire: () => void;
}

/**
 * A timer for each request would cost more than the request, and what it holds would live until it would have been due.
 */
export class SharedDeadline {
  readonly #ms: number;
  /** In the order in which they end. */
  readonly #waiters = new Set<Waiter>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Rejects with what `onTimeout` returns when the answer is not there in time; it is not called otherwise. */
  race<T>(answer: PromiseLike<T>, onTimeout: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiter = { dueAt: performance.now() + this.#ms, expire: () => reject(onTimeout()) };
      this.#waiters.add(waiter);
      this.#timer ??= setTimeout(() => this.#expire(), this.#ms);
      answer.then(
        (value) => (this.#waiters.delete(waiter), resolve(value)),
        (error) => (this.#waiters.delete(waiter), reject(error)),
      );
    });
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const waiter of this.#waiters) {
      if (waiter.dueAt > now) {
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(waiter.dueAt - now));
        return;
      }
      this.#waiters.delete(waiter);
      waiter.expire();
    }
  }

  /** Ends the timer: what still waits is settled by its answer alone. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
