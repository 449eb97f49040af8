/** A mutex by key: within one process two writes to a case come one after the other, which saves conflicts at the store. @module */

export class KeyedMutex {
  readonly #last = new Map<string, Promise<void>>();

  /** Does the work once all earlier work on any of these keys is done. All keys are taken in one step, so no deadlock can be. */
  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = keys.map((key) => this.#last.get(key));
    for (const key of keys) this.#last.set(key, promise);
    try {
      await Promise.all(before);
      return await work();
    } finally {
      for (const key of keys) if (this.#last.get(key) === promise) this.#last.delete(key);
      resolve();
    }
  }
}
