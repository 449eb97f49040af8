/** Deadlines: what gives no answer for so long counts as lost. @module */

interface Waiting {
  readonly at: number;
  readonly late: () => void;
}

/**
 * Many deadlines of one length, and one timer for all of them. (A timer for each question would cost more than the
 * question, and what it holds would live until it would have been due.)
 */
export class Deadlines {
  readonly #ms: number;
  /** In the order in which they end. */
  readonly #waiting = new Set<Waiting>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Rejects with what `late` returns when the answer is not there in time; `late` is not called otherwise. */
  within<T>(answer: PromiseLike<T>, late: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = { at: performance.now() + this.#ms, late: () => reject(late()) };
      this.#waiting.add(waiting);
      this.#timer ??= setTimeout(() => this.#look(), this.#ms);
      answer.then(
        (value) => (this.#waiting.delete(waiting), resolve(value)),
        (error) => (this.#waiting.delete(waiting), reject(error)),
      );
    });
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const waiting of this.#waiting) {
      if (waiting.at > now) {
        this.#timer = setTimeout(() => this.#look(), Math.ceil(waiting.at - now));
        return;
      }
      this.#waiting.delete(waiting);
      waiting.late();
    }
  }

  /** Looks no more: what still waits is settled by its answer alone. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
