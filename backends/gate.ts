/** A gate: so many may be inside at once, and of those who wait the highest rank goes in first. @module */
import { SMALL_IN_WHOLE } from "./portion.ts";

/** Where one goes in. */
export interface Entrance {
  /**
   * Resolves, when it is our turn and there is a place, to the function that gives it back (legal twice); or to undefined
   * when the signal aborts first. Never rejects.
   */
  enter(signal: AbortSignal, isWhole?: boolean): Promise<(() => void) | undefined>;
  /** A place at once, as the function that gives it back; undefined where one would have to wait. */
  enterNow(isWhole?: boolean): (() => void) | undefined;
}

/** Every so many times whoever has waited longest goes in, whatever its rank: so nobody waits for ever. */
const LONGEST_WAIT_EVERY = 100;

interface Waiting {
  readonly needs: number;
  readonly rank: number;
  readonly enter: () => void;
}

/** Lets in so many whole batches at once, and in the place of one as many small ones as hold no more. */
export class Gate implements Entrance {
  #admitted = 0;
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

  /** The entrance of those of a rank. Within one, whoever came first goes in first. */
  at(rank: number): Entrance {
    return {
      enter: (signal, isWhole) => this.#enter(signal, rank, isWhole),
      enterNow: (isWhole) => this.enterNow(isWhole),
    };
  }

  /** The entrance of the lowest rank, 0. */
  enter(signal: AbortSignal, isWhole?: boolean): Promise<(() => void) | undefined> {
    return this.#enter(signal, 0, isWhole);
  }

  async #enter(signal: AbortSignal, rank: number, isWhole = true): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    const now = this.enterNow(isWhole);
    if (now !== undefined) return now;
    const needs = needsOf(isWhole);
    return await this.#wait(signal, rank, needs) ? this.#place(needs) : undefined;
  }

  enterNow(isWhole = true): (() => void) | undefined {
    const needs = needsOf(isWhole);
    if (this.#queue.size > 0 || this.#free < needs) return undefined;
    this.#free -= needs;
    return this.#place(needs);
  }

  /** What gives a place back that was taken. */
  #place(needs: number): () => void {
    let left = false;
    return () => {
      if (!left) this.#leave(needs);
      left = true;
    };
  }

  /** True when a place was handed over, false when the signal aborted. */
  #wait(signal: AbortSignal, rank: number, needs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (entered: boolean) => {
        this.#queue.delete(waiting);
        signal.removeEventListener("abort", abort);
        resolve(entered);
      };
      const waiting = { needs, rank, enter: () => end(true) };
      const abort = () => (end(false), this.#admit());
      this.#queue.add(waiting);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #leave(room: number): void {
    this.#free += room;
    this.#admit();
  }

  /** In order: nobody who comes later, or needs less, takes the room of whose turn it is. */
  #admit(): void {
    for (let next = this.#next(); next !== undefined && next.needs <= this.#free; next = this.#next()) {
      this.#free -= next.needs;
      this.#admitted++;
      next.enter();
    }
  }

  /** Whose turn it is; undefined when nobody waits. */
  #next(): Waiting | undefined {
    const isOfLongest = this.#admitted % LONGEST_WAIT_EVERY === LONGEST_WAIT_EVERY - 1;
    let next: Waiting | undefined;
    for (const waiting of this.#queue) {
      if (next === undefined || waiting.rank > next.rank) next = waiting;
      if (isOfLongest) return next;
    }
    return next;
  }
}

function needsOf(isWhole: boolean): number {
  return isWhole ? SMALL_IN_WHOLE : 1;
}
