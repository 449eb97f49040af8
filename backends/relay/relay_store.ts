/** Relays: what a store keeps of each copy of its log to others. @module */
import type { FeedPlace } from "../log_feed.ts";

/** An event that a target refused, or that waits behind one of its case, without its data. */
export interface RelayLetter {
  readonly position: number;
  readonly eventId: string;
  readonly caseId: string;
  readonly eventType: string;
  readonly reason: string;
}

/** What a target itself needs to go on: the length of a file, the last sequence of a stream. */
export type TargetProgress = Readonly<Record<string, number>>;

/** How a relay stands. `stopped`: by its target, or because nothing goes on by itself. */
export interface RelayRecord {
  /** Where to, for people: without a password. */
  readonly to: string;
  readonly state: "running" | "paused" | "stopped";
  /** Why it was paused or stopped. */
  readonly why: string | null;
  /** Behind what has reached the target. */
  readonly place: FeedPlace;
  readonly progress: TargetProgress | null;
  /** Events that have reached the target. */
  readonly delivered: number;
  /** Dead letters of this target, by position. */
  readonly letters: readonly RelayLetter[];
  /** Its dead letters are to be sent again. */
  readonly isRetrying: boolean;
  /** Who runs it; null for nobody. */
  readonly owner: string | null;
  /** One more at each change of owner, and each time it is rewound: whoever wrote under another one has lost it. */
  readonly epoch: number;
  /** When it was last written, by the clock of whoever wrote it. */
  readonly at: string;
}

/** A record under a revision, which changes at each write. */
export interface RelayEntry {
  readonly name: string;
  readonly record: RelayRecord;
  readonly revision: number;
}

/**
 * The records of relays, each written by compare and set. Whoever writes one keeps it: another one takes it over when its revision
 * has not changed for long, by its own clock, so that no clocks are compared.
 */
export interface RelayStore {
  /** By name. */
  list(): Promise<readonly RelayEntry[]>;
  read(name: string): Promise<RelayEntry | undefined>;
  /**
   * Writes over this revision, 0 where there is none yet; null removes it. Returns the new revision, or undefined where another one
   * was written meanwhile.
   */
  write(name: string, record: RelayRecord | null, revision: number): Promise<number | undefined>;
}

/** Under which the trail has what was done to relays. */
export const RELAYS_TRAIL = "relays";
