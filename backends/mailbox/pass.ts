/**
 * The pass: processors of one partition that are read and settled together, so that what one of them makes can be handled by the
 * others before any of it is stored. A store offers it beside its mailboxes, or not at all. @module
 */
import type { BatchLimits } from "./batch_size.ts";
import type { StoredTimerChange } from "./timer_change.ts";

/** In whose name a processor takes part in passes: as the owner of a mailbox. */
export interface PassOwner {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  /** The types that the processor takes. */
  readonly types: readonly string[];
}

/** How far a processor was read in a pass. */
export interface PassPart {
  readonly processor: string;
  /** Its checkpoint. */
  readonly from: number;
  /** The position of its last line; its checkpoint where it has none. */
  readonly to: number;
  /** Nothing is unread for it behind its last line. */
  readonly isCaughtUp: boolean;
}

/** What a pass has to go through. */
export interface PassFetched {
  /**
   * `plain`: something is to be done that passes don't do: a parked delivery is due, or what comes next is too large.
   * `fenced`: a lease has moved.
   */
  readonly kind: "pass" | "empty" | "plain" | "fenced";
  /** Delivery lines in stored order, each once. One is held where its case is parked for any of the processors. */
  readonly lines: Uint8Array;
  readonly count: number;
  /** In the order in which they were asked for; none for `plain` and `fenced`. */
  readonly parts: readonly PassPart[];
  /** Until the next parked delivery is due, in milliseconds; Infinity when none waits for a time. */
  readonly nextDueMs: number;
}

/** A processor's share of what a pass settles. */
export interface PassMove extends PassPart {
  /**
   * It handled something that the pass made. Then its checkpoint moves behind all of that, for which it must have read all
   * there was before.
   */
  readonly isChained: boolean;
}

/** What became of a pass, all of it or nothing. */
export interface PassSettlement {
  /** The processors that had something to do. */
  readonly moves: readonly PassMove[];
  /** Output lines, whose versions must be those that the events get. */
  readonly outputs: Uint8Array;
  readonly outputTypes: Readonly<Record<string, number>>;
  readonly timers: readonly StoredTimerChange[];
}

/**
 * `already`: it was settled before. `behind`: others have stored something meanwhile that should have been handled first, or
 * in the place of an output. `fenced`: a lease has moved. Only after `settled` anything was changed.
 */
export type PassStatus = "settled" | "already" | "behind" | "fenced";

/** The part of a mailbox store that passes need. Throws as its other methods do. */
export interface PassStore {
  /** At most `limits.batchSize` lines for each of these mailboxes of one partition, and `batchBytes` for all. */
  fetchPass(owners: readonly PassOwner[], limits: BatchLimits): Promise<PassFetched>;
  /** Makes a pass durable, all or nothing. The same pass committed twice changes nothing the second time. */
  commitPass(owners: readonly PassOwner[], settlement: PassSettlement): Promise<PassStatus>;
}

/** The joint feed of the processors of one partition that are in step. */
export interface PassFeed {
  /** Whether the next stretch is a large one: what it takes as a permit. */
  readonly isLarge: boolean;
  /** From now on these are read together, and no others; not while one of its passes is under way. */
  setMembers(owners: readonly PassOwner[]): void;
  /** What comes next for all of them. Retried until the store answers or the signal aborts. */
  fetch(signal: AbortSignal): Promise<PassFetched>;
  /** Retried until the store answers: settling twice changes nothing. Throws StoreLost. */
  commit(settlement: PassSettlement, signal: AbortSignal): Promise<PassStatus>;
  /** Resolves when something may have come since the last fetch, `ms` have passed, or the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Where the passes of a store are had. */
export interface PassSource {
  /** A feed for a partition, without any processor in it. */
  open(partition: number): PassFeed;
}
