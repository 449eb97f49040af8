/** Waiting for a backend that is away. @module */
import { BackendUnavailable, BackendUnusable } from "../errors.ts";
import { type Clock, systemClock } from "./clock.ts";

/** Called when a backend went away, and with undefined when it answers again. */
export type AvailabilityListener = (error: BackendUnavailable | undefined) => void;

const INITIAL_DELAY_MS = 50;
const MAX_DELAY_MS = 1_000;

/** The wait before try `n` (from 0): doubling from 50 ms to 1 s, half of it by chance, so that nodes do not come in a herd. */
export function retryDelayMs(n: number, random: () => number = Math.random): number {
  const whole = Math.min(INITIAL_DELAY_MS * 2 ** Math.min(n, 20), MAX_DELAY_MS);
  return whole / 2 + random() * whole / 2;
}

/**
 * Tries until the backend answers: only BackendAway is waited out, every other error is thrown. For work that may
 * safely be done twice. When the signal aborts, the last BackendAway is thrown.
 */
export async function retryWhileUnavailable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  listener?: AvailabilityListener,
  clock: Clock = systemClock,
): Promise<T> {
  for (let tries = 0;; tries++) {
    try {
      const answer = await work();
      if (tries > 0) listener?.(undefined);
      return answer;
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
      listener?.(error);
      if (signal.aborted) throw error;
      await clock.wait(retryDelayMs(tries), signal);
      if (signal.aborted) throw error;
    }
  }
}

/** Called when a backend answers and refuses the work, and with undefined when it takes work again. */
export type UsabilityListener = (refused: BackendUnusable | undefined) => void;

/**
 * As `untilAnswered`, and waits out refusals too: a disk that is full or a right that was withdrawn is mended by a
 * person while the work waits. What waits is tried again at its leisure, and each of many at a time of its own.
 */
export function retryWhileUnusable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  listener: UsabilityListener,
): Promise<T> {
  let lastError: BackendUnusable | undefined;
  return retryWhileUnavailable(async () => {
    try {
      const answer = await work();
      if (lastError !== undefined) listener(undefined);
      return answer;
    } catch (error) {
      if (!(error instanceof BackendUnusable)) throw error;
      lastError = error;
      listener(error);
      throw new BackendUnavailable(error.message, { cause: error });
    }
  }, signal);
}
