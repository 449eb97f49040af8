/** The wait before the next attempt. Pure: randomness is passed in. @module */

export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Doubles from `firstMs` up to `longestMs`; the upper half of the wait is random (`random` in [0, 1)). */
export function backoffMs(attempt: number, { firstMs, longestMs }: Backoff, random: number): number {
  const whole = Math.min(firstMs * 2 ** Math.min(attempt - 1, 30), longestMs);
  return whole / 2 + random * whole / 2;
}
