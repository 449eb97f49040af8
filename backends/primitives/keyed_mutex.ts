/** Turns: within one process nobody writes to a case while another does, which saves conflicts at the store. @module */

export class KeyedMutex {
  readonly #last = new Map<string, Promise<void>>();

  /** Does the work once everybody has done who came before for any of these keys. Joining is one step, so none can wait in a ring. */
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
