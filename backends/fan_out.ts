/** The fan-out: each event of the log copied once, in order, to where others read it. @module */

/** The part of an event that others may see. */
export interface FannedOutEvent {
  readonly type: string;
  readonly caseId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface FanOutOptions {
  /** The types that are copied. Default: all. */
  readonly types?: readonly string[] | undefined;
  /** What others may see of an event. Default: all of it. */
  readonly withhold?: ((event: FannedOutEvent) => FannedOutEvent) | undefined;
}

/** Where a fan-out that has lost its place goes on: behind everything that is stored, or at the beginning of the log. */
export const fanOutStarts = ["now", "beginning"] as const;
export type FanOutStart = (typeof fanOutStarts)[number];

/** It stands still until a person has answered: it never starts over, and never leaves anything out, by itself. */
export class FanOutHeld extends Error {
  override name = "FanOutHeld";
}

export interface FanOut {
  /**
   * Copies until the signal aborts, in turns with other nodes, and waits out a store that is away. Throws FanOutHeld, and
   * BackendUnusable where the store refuses.
   */
  run(signal: AbortSignal): Promise<void>;
}
