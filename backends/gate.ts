/** A gate: so many may be inside at once, and whoever came first goes in first. @module */
import { SMALL_IN_WHOLE } from "./portion.ts";

interface Waiting {
  readonly needs: number;
  readonly enter: () => void;
}

/** Lets in so many whole batches at once, and in the place of one as many small ones as hold no more. */
export class Gate {
  /** Room for small batches. */
  #free: number;
  readonly #queue = new Set<Waiting>();

  constructor(readonly places: number) {
    this.#free = places * SMALL_IN_WHOLE;
  }

  /** How much is inside, in whole batches. */
  get inside(): number {
    return this.places - this.#free / SMALL_IN_WHOLE;
  }

  /**
   * Resolves, in order of arrival, when there is a place, to the function that gives it back (legal twice); or to
   * undefined when the signal aborts first. Never rejects.
   */
  async enter(signal: AbortSignal, isWhole = true): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    const needs = isWhole ? SMALL_IN_WHOLE : 1;
    if (this.#queue.size === 0 && this.#free >= needs) this.#free -= needs;
    else if (!await this.#wait(signal, needs)) return undefined;
    let left = false;
    return () => {
      if (!left) this.#leave(needs);
      left = true;
    };
  }

  /** True when a place was handed over, false when the signal aborted. */
  #wait(signal: AbortSignal, needs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (entered: boolean) => {
        this.#queue.delete(waiting);
        signal.removeEventListener("abort", abort);
        resolve(entered);
      };
      const waiting = { needs, enter: () => end(true) };
      const abort = () => (end(false), this.#admit());
      this.#queue.add(waiting);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #leave(room: number): void {
    this.#free += room;
    this.#admit();
  }

  /** In order: nobody who comes later, or needs less, takes the room of the first who waits. */
  #admit(): void {
    for (const { needs, enter } of this.#queue) {
      if (needs > this.#free) return;
      this.#free -= needs;
      enter();
    }
  }
}
