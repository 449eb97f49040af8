/** Time as a port, so that a simulated clock can drive everything that waits. @module */

export interface Clock {
  /** Whole milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` (Infinity: never by itself) or as soon as the signal aborts. It never rejects. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The longest a system timer can run. A wait that ends early is harmless: its caller looks again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  wait(ms, signal) {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(end, Math.min(ms, LONGEST_TIMER_MS)) : undefined;
      signal.addEventListener("abort", end);
      function end(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      }
    });
  },
};
