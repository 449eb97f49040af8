/** A readers-writer lock: many shared holders or one exclusive holder, in order of arrival. @module */

interface Waiter {
  readonly exclusive: boolean;
  readonly grant: () => void;
}

export class SharedLock {
  #holders = 0;
  #isExclusive = false;
  readonly #waiters: Waiter[] = [];

  /** Resolves, when it is granted, to the function that releases the lock. */
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
