/** Asking a store again and again until it answers, or is lost. @module */
import type { Clock } from "../primitives/clock.ts";
import { unlessAborted } from "../primitives/concurrency.ts";
import { type AvailabilityListener, retryWhileUnavailable } from "../primitives/retry.ts";

export interface StoreRetry {
  readonly clock: Clock;
  readonly onAvailabilityChange: AvailabilityListener;
  /** Aborts with the StoreLost once the store is known to be gone, or another one. Left out by a store that never knows. */
  readonly lost?: AbortSignal | undefined;
}

/**
 * Tries while the store is unavailable. Throws the last BackendUnavailable when the signal aborts, and the StoreLost once the
 * store is lost, within a second: it gives no answer any more, so that what must be settled would be tried for ever.
 */
export function retryUnlessLost<T>(
  { clock, onAvailabilityChange, lost }: StoreRetry,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const tried = lost === undefined ? work : () => unlessAborted(work, lost);
  return retryWhileUnavailable(tried, signal, onAvailabilityChange, clock);
}
