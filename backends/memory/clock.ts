/** Time and waking up, so that a simulated clock can drive everything that waits. @module */

/** The one source of time of a memory store: leases, due times and `recordedAt` all go through it. */
export interface Clock {
  /** Whole milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` (Infinity: never by itself) or as soon as the signal aborts. It never rejects. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The longest a system timer can run. A wait that ends early is harmless: whoever waits looks again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  wait(ms, signal) {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) return Promise.resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = Number.isFinite(ms) ? setTimeout(end, Math.min(ms, LONGEST_TIMER_MS)) : undefined;
    signal.addEventListener("abort", end);
    return promise;
  },
};

/** Wakes everybody who pauses on it. Ringing with nobody there does nothing: look first, then pause. */
export class BroadcastSignal {
  #waiters = new Set<() => void>();

  notifyAll(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Resolves when the bell rings, `ms` have passed or the signal aborts, whichever comes first. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    // A reason of its own: the default one is an error whose stack costs more than all the rest of a pause.
    const wake = () => over.abort("over");
    if (signal.aborted) wake();
    this.#waiters.add(wake);
    signal.addEventListener("abort", wake);
    await clock.wait(ms, over.signal);
    signal.removeEventListener("abort", wake);
    this.#waiters.delete(wake);
  }
}

/** The earliest of some times; Infinity when there is none. */
export function earliest(times: Iterable<number>): number {
  let first = Infinity;
  for (const time of times) first = Math.min(first, time);
  return first;
}
