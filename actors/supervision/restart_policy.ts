/** Whether a child that ended is started again: the restart types of Erlang/OTP. Pure. @module */

/** `permanent`: always started again; `transient`: when it failed; `temporary`: never. */
export type RestartType = "permanent" | "transient" | "temporary";

/** `normal`: it was done; `shutdown`: it was asked to; `failed`: anything else. */
export type ExitKind = "normal" | "shutdown" | "failed";

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
