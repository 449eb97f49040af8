/** Asks the store for its figures, rarely enough that scrapes put no load on it. @module */
import type { Measurements } from "../../backends/measurements.ts";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";

interface StoreMeterOptions {
  readonly measure: () => Promise<Measurements>;
  /** Called with every measurement. */
  readonly onMeasured: (measurements: Measurements) => void;
  /** A scrape waits no longer for a store that does not answer, and shows the figures of before. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

const TIMEOUT_MS = 3_000;

/** Measures when what is known is too old; one question at a time. */
export class StoreMeter {
  readonly #options: StoreMeterOptions;
  readonly #now: () => number;
  /** The question that the store has not answered yet, though a scrape may have stopped waiting for it. */
  #open: Promise<void> | undefined;
  #askedAt = -Infinity;

  constructor(options: StoreMeterOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Returns once the figures are at most `oldestMs` old, or can't be had. Never rejects: health says what is wrong. */
  async refresh(oldestMs: number): Promise<void> {
    if (this.#open === undefined) {
      if (this.#now() - this.#askedAt < oldestMs) return;
      this.#askedAt = this.#now();
      this.#open = this.#measure().finally(() => this.#open = undefined);
    }
    const answered = new AbortController();
    const late = delayOrAbort(this.#options.timeoutMs ?? TIMEOUT_MS, answered.signal);
    await Promise.race([this.#open, late]);
    answered.abort();
  }

  async #measure(): Promise<void> {
    try {
      this.#options.onMeasured(await this.#options.measure());
    } catch {
      // The health check, which is asked at the same time, reports the outage.
    }
  }
}
