/** Who may be inside together: many at once, or one alone. In order of arrival. @module */

interface Waiter {
  readonly exclusive: boolean;
  readonly grant: () => void;
}

/** Lets in any number of those who share, and whoever wants to be alone when nobody else is inside. */
export class SharedLock {
  #holders = 0;
  #isExclusive = false;
  readonly #waiters: Waiter[] = [];

  /** Resolves, in its turn, to the function that leaves. */
  acquire(exclusive: boolean): Promise<() => void> {
    return new Promise((resolve) => {
      this.#waiters.push({ exclusive, grant: () => resolve(() => this.#release()) });
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#waiters[0]; next !== undefined && this.#canAcquire(next); next = this.#waiters[0]) {
      this.#waiters.shift();
      this.#holders++;
      this.#isExclusive = next.exclusive;
      next.grant();
    }
  }

  #canAcquire({ exclusive }: Waiter): boolean {
    return !this.#isExclusive && (!exclusive || this.#holders === 0);
  }

  #release(): void {
    this.#holders--;
    this.#isExclusive = false;
    this.#admit();
  }
}
