/** Counts the errors of a run, as an observer of the runtime. @module */
import { noopObserver, type Observer } from "../../actors/observer.ts";

const NONE = { retried: 0, dead_lettered: 0, fenced: 0, worker_restarts: 0, unavailable: 0 };

export class ErrorCounts {
  readonly #counts = { ...NONE };

  readonly observer: Observer = {
    ...noopObserver,
    retried: () => void this.#counts.retried++,
    deadLettered: () => void this.#counts.dead_lettered++,
    fenced: () => void this.#counts.fenced++,
    workerRestarted: () => void this.#counts.worker_restarts++,
    backendUnavailable: () => void this.#counts.unavailable++,
  };

  reset(): void {
    Object.assign(this.#counts, NONE);
  }

  figures(): typeof NONE {
    return { ...this.#counts };
  }
}
