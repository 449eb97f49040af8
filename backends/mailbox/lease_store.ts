/** The port by which leases are kept. All times are the store's clock. @module */
import type { CrashedOwner } from "./mailbox.ts";

/**
 * What a lease is held by. The leases of one scope, a partition each, are shared out fairly among the nodes. A scope is a
 * processor's name; it becomes the same for all processors where they share one lease of a partition.
 */
export interface LeaseKey {
  readonly scope: string;
  readonly partition: number;
}

/** A lease under one epoch: every acquisition of a key has a higher one. */
export interface HeldLease {
  readonly key: LeaseKey;
  readonly epoch: number;
}

export interface AcquiredLease extends HeldLease {
  /** Set when the owner before did not release the lease. */
  readonly crashedOwner: CrashedOwner | undefined;
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

/** The leases of one node. Throws BackendUnavailable when there is no answer. */
export interface LeaseStore {
  /** Left out by a store that is never silent. */
  readonly liveness?: Liveness;
  /** Says that the node is alive, lengthens its leases, and returns those that are still its own. */
  renew(held: readonly HeldLease[]): Promise<readonly HeldLease[]>;
  /** Acquires free leases of a scope up to the node's share: an equal part of its partitions for every node alive. */
  acquire(
    scope: string,
    held: readonly HeldLease[],
  ): Promise<{ readonly leases: readonly AcquiredLease[]; readonly share: number }>;
  /** Gives a lease back; does nothing when it has moved. */
  release(lease: HeldLease): Promise<void>;
  /** The node is no longer counted when shares are. */
  leave(): Promise<void>;
}
