/** Why passes come to nothing. @module */

/**
 * `plain`: a parked delivery is due, or what comes next is too large; `held`: a case is parked; `failed`, `time` and
 * `worker_died`: by a delivery; `missing_state`: a state could not be had; `bounds`: it came to too much; `behind`: something
 * was stored meanwhile that comes first; `refused`: it made what can't be stored; `fenced`: a lease has moved.
 */
export const dropReasons = [
  "plain",
  "held",
  "failed",
  "time",
  "worker_died",
  "missing_state",
  "bounds",
  "behind",
  "refused",
  "fenced",
] as const;

export type DropReason = typeof dropReasons[number];
