/** A readers-writer lock: many hold it shared, or one holds it exclusively. Granted in order of arrival. @module */

interface Waiter {
  readonly exclusive: boolean;
  readonly grant: () => void;
}

export class SharedLock {
  #holders = 0;
  #isExclusive = false;
  readonly #waiters: Waiter[] = [];

  /** Resolves, in order of arrival, to the function that releases. */
  acquireShared(): Promise<() => void> {
    return this.#acquire(false);
  }

  /** As `acquireShared`, once nothing else holds the lock; later arrivals wait until it is released. */
  acquireExclusive(): Promise<() => void> {
    return this.#acquire(true);
  }

  #acquire(exclusive: boolean): Promise<() => void> {
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
