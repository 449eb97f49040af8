/** OTP's restart intensity: too many restarts in a period means that restarting does not help. @module */

export interface Intensity {
  /** Restarts allowed within the period. */
  readonly restarts: number;
  readonly periodMs: number;
}

/** The restarts that still count at `now`, this one included, and whether it is one too many. Pure. */
export function addRestart(
  earlier: readonly number[],
  now: number,
  { restarts, periodMs }: Intensity,
): { readonly restarts: readonly number[]; readonly exceeded: boolean } {
  const counted = [...earlier.filter((at) => now - at < periodMs), now];
  return { restarts: counted, exceeded: counted.length > restarts };
}
