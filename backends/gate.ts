/** A gate: so many may be inside at once, and whoever came first goes in first. @module */

/** Lets in a bounded number at once. */
export class Gate {
  #free: number;
  readonly #queue = new Set<() => void>();

  constructor(readonly places: number) {
    this.#free = places;
  }

  /** How many are inside. */
  get inside(): number {
    return this.places - this.#free;
  }

  /**
   * Resolves, in order of arrival, when there is a place, to the function that gives it back (legal twice); or to
   * undefined when the signal aborts first. Never rejects.
   */
  async enter(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    if (this.#free > 0) this.#free--;
    else if (!await this.#wait(signal)) return undefined;
    let left = false;
    return () => {
      if (!left) this.#leave();
      left = true;
    };
  }

  /** True when a place was handed over, false when the signal aborted. */
  #wait(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (entered: boolean) => {
        this.#queue.delete(enter);
        signal.removeEventListener("abort", abort);
        resolve(entered);
      };
      const enter = () => end(true);
      const abort = () => end(false);
      this.#queue.add(enter);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** The place goes to the first who waits, so that nobody who comes later can take it. */
  #leave(): void {
    const [next] = this.#queue;
    if (next === undefined) this.#free++;
    else next();
  }
}
