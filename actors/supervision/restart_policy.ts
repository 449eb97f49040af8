/** Whether a child that ended is started again: the restart types and the restart intensity of Erlang/OTP. Pure. @module */

/** `permanent`: always started again; `transient`: when it failed; `temporary`: never. */
export type RestartType = "permanent" | "transient" | "temporary";

/** `normal`: it was done; `shutdown`: it was asked to; `failed`: anything else. */
type ExitKind = "normal" | "shutdown" | "failed";

/** How a child came to its end. */
export interface Exit {
  readonly kind: ExitKind;
  /** For people and logs; without data. */
  readonly reason: string;
  /** What was thrown, when it is a bug to be reported. */
  readonly error?: unknown;
  /** It had done its work at least once: its next backoff begins anew. */
  readonly served?: boolean;
  /** Its cause is handled elsewhere: it does not count towards the restart intensity. */
  readonly exempt?: boolean;
  /** Starting it again can't help: its supervisor gives up at once. */
  readonly isFinal?: boolean;
}

/** True when a child of this type is started again after such an exit. */
export function isRestarted(type: RestartType, exit: ExitKind): boolean {
  switch (type) {
    case "permanent":
      return true;
    case "transient":
      return exit === "failed";
    case "temporary":
      return false;
  }
}

/** More restarts than this in a period mean that restarting does not help. */
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
