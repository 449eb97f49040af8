/** Deadlines: what gives no answer for so long counts as lost. @module */

interface Waiter {
  readonly dueAt: number;
  readonly expire: () => void;
}

/**
 * Many deadlines of one length, and one timer for all of them. (A timer for each question would cost more than the
 * question, and what it holds would live until it would have been due.)
 */
export class SharedDeadline {
  readonly #ms: number;
  /** In the order in which they end. */
  readonly #waiters = new Set<Waiter>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Rejects with what `late` returns when the answer is not there in time; `late` is not called otherwise. */
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

  /** Looks no more: what still waits is settled by its answer alone. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
