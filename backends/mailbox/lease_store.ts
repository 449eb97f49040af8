/** The port by which leases are kept. All times are the store's clock. @module */
import type { CrashedOwner } from "./mailbox.ts";

/** The scope of a lease that is of a partition as a whole. */
export const WHOLE_PARTITION = "";

/**
 * What a lease is of: a partition, whose holder hosts there every processor that it has; or one processor of a partition
 * (the scope is its name), which is leased alone while the holder of the partition does not have it.
 */
export interface LeaseKey {
  readonly partition: number;
  readonly scope: string;
}

/**
 * A lease under one epoch, by which everything that it hosts is fenced: it is higher than that of any lease before under which
 * one of its processors ran in this partition.
 */
export interface HeldLease {
  readonly key: LeaseKey;
  readonly epoch: number;
}

/** A processor that runs under a lease. */
export interface Hosted {
  readonly processor: string;
  /** Set when its owner before did not give it back. */
  readonly crashedOwner: CrashedOwner | undefined;
}

export interface AcquiredLease extends HeldLease {
  readonly hosted: readonly Hosted[];
}

/** A lease that has not run out. */
export interface RunningLease extends LeaseKey {
  readonly owner: string;
}

/** A node that is alive, with the names of its processors. */
interface LivingNode {
  readonly node: string;
  readonly processors: readonly string[];
}

/** Who has which lease at one moment. */
export interface LeaseOverview {
  readonly partitions: number;
  readonly nodes: readonly LivingNode[];
  readonly running: readonly RunningLease[];
  /** Names of processors that are handed no deliveries. */
  readonly paused: readonly string[];
  /** Names of nodes that are to hold no lease, whether they are alive or not. */
  readonly drained: readonly string[];
}

/** By which a store that is slow to answer is told from one that is not there. */
export interface Liveness {
  /** The store's name, for messages. */
  readonly store: string;
  /** Resolves when the store answers on a connection of its own, and rejects when it can't be reached. */
  probe(signal: AbortSignal): Promise<void>;
  /** Drops all connections, and with them what waits for an answer there: it fails as unavailable. */
  dropConnections(): void;
}

/**
 * The leases of one node. Which it takes is policy (`lease_plan.ts`); that no processor ever runs under two leases in one
 * partition is what the store sees to. Throws BackendUnavailable when there is no answer.
 */
export interface LeaseStore {
  readonly node: string;
  /** Left out by a store that is never silent. */
  readonly liveness?: Liveness;
  /** Says that the node is alive and has these processors, lengthens its leases, and returns those that are still its own. */
  renew(processors: readonly string[], held: readonly HeldLease[]): Promise<readonly HeldLease[]>;
  overview(): Promise<LeaseOverview>;
  /**
   * Acquires those of the keys that are free, or were left behind by an earlier life of this node. A partition comes with each
   * of the processors that nobody has leased alone there.
   */
  acquire(keys: readonly LeaseKey[], processors: readonly string[]): Promise<readonly AcquiredLease[]>;
  /** Hosts processors, each under the partition's lease at its place; returns those that nobody has leased alone. */
  join(held: readonly HeldLease[], processors: readonly string[]): Promise<readonly AcquiredLease[]>;
  /** A mailbox was closed while its lease is kept: what was marked as in flight there is no more. */
  clearMark(lease: HeldLease, processor: string): Promise<void>;
  /** Gives a lease back, with the processors that it hosts; does nothing when it has moved. */
  release(lease: HeldLease, processors: readonly string[]): Promise<void>;
  /** The node is no longer counted when shares are. */
  leave(): Promise<void>;
}
