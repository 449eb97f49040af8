/** Changes of durable timers, as a settlement carries them. @module */

/** A change of a durable timer: when it fires, its event is appended to its case. */
export type StoredTimerChange =
  | { kind: "set"; processor: string; caseId: string; name: string; at: string; row: string }
  | { kind: "cancel"; processor: string; caseId: string; name: string };
