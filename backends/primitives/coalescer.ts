/** Request coalescing: requests that arrive while one is in flight are sent together. @module */

interface PendingRequest<Q, A> {
  readonly request: Q;
  resolve(answer: A | Promise<A>): void;
  reject(error: unknown): void;
}

/** Answers requests, in their order. */
type HandleGroup<Q, A> = (requests: readonly Q[]) => Promise<readonly (A | Promise<A>)[]>;

/** Sends a lone request at once, and more of them together the busier it gets. Each caller has one request waiting. */
export class Coalescer<Q, A> {
  readonly #handleGroup: HandleGroup<Q, A>;
  readonly #waiting: PendingRequest<Q, A>[] = [];
  readonly #concurrency: number;
  #inFlight = 0;

  /** What `handleGroup` throws is the answer to its whole group. At most `concurrency` groups are in flight. */
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
