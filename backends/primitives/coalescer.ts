/** Gathering: what is asked while an answer is under way goes together in the next question. @module */

interface PendingRequest<Q, A> {
  readonly request: Q;
  resolve(answer: A | Promise<A>): void;
  reject(error: unknown): void;
}

/** Answers questions, in their order. */
type HandleGroup<Q, A> = (questions: readonly Q[]) => Promise<readonly (A | Promise<A>)[]>;

/**
 * Asks many things at once. Who is alone is answered at once; the busier it gets, the more goes into one question. What
 * waits is bounded by those who ask: each has one question.
 */
export class Coalescer<Q, A> {
  readonly #handleGroup: HandleGroup<Q, A>;
  readonly #waiting: PendingRequest<Q, A>[] = [];
  readonly #concurrency: number;
  #inFlight = 0;

  /** What `ask` throws is the answer to all it was asked. At most `atOnce` are under way. */
  constructor(handleGroup: HandleGroup<Q, A>, concurrency: number) {
    this.#handleGroup = handleGroup;
    this.#concurrency = concurrency;
  }

  submit(request: Q): Promise<A> {
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    this.#waiting.push({ request, resolve, reject });
    if (this.#inFlight < this.#concurrency) void this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    this.#inFlight++;
    while (this.#waiting.length > 0) await this.#submitGroup(this.#waiting.splice(0));
    this.#inFlight--;
  }

  async #submitGroup(group: readonly PendingRequest<Q, A>[]): Promise<void> {
    try {
      const answers = await this.#handleGroup(group.map(({ request }) => request));
      group.forEach(({ resolve }, i) => resolve(answers[i]!));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
