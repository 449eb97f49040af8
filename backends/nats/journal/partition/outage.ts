/** Ends the waiting of those who ask while the store is away: what they asked for goes on, and may be asked again. @module */
import type { BackendUnavailable } from "../../../errors.ts";

/** A single request that fails is sent again before anybody is told. */
const TRIES = 2;

export class Outage {
  readonly #waiting = new Set<(error: BackendUnavailable) => void>();
  #failures = 0;

  /** The store has failed again, or answers again. */
  onChange(error: BackendUnavailable | undefined): void {
    this.#failures = error === undefined ? 0 : this.#failures + 1;
    if (error === undefined || this.#failures < TRIES) return;
    for (const reject of this.#waiting) reject(error);
  }

  /** The work's answer. Throws BackendUnavailable once the store is away, whatever becomes of the work. */
  async whileAvailable<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#waiting.add(reject);
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.#waiting.delete(reject);
    }
  }
}
