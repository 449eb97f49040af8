/** The chain of hashes over a log: what a store keeps of it, so that nobody changes the past unseen. @module */

/** The hash of one event, over its bytes as they are stored. */
export interface EventHash {
  readonly position: number;
  readonly eventId: string;
  readonly hash: Uint8Array;
}

/**
 * A block: a stretch of one partition that nothing can be added to any more. Its entries outlive what they are made of: when a
 * case is archived, or the key to its data is destroyed, the chain is still whole.
 */
export interface Block {
  readonly partition: number;
  /** From 1, without a gap. */
  readonly number: number;
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly events: number;
  /** For each event its position and its hash, in order: see `entriesOf`. */
  readonly entries: Uint8Array;
  /** The hash of the block before; zeros for the first. */
  readonly previous: Uint8Array;
  readonly hash: Uint8Array;
}

/** A store's chains, one a partition. Its nodes close blocks in the background; nobody may change or remove one. */
export interface HashChain {
  /** Closes blocks over all that is not in one yet. */
  closeBlocks(): Promise<void>;
  /** In order. */
  blocks(partition: number): AsyncIterable<Block>;
  /** What is stored now at the positions after `after`, and not after `upTo`, in order. */
  eventHashes(partition: number, after: number, upTo: number): Promise<readonly EventHash[]>;
  /** How many events are stored after a position. */
  countAfter(partition: number, position: number): Promise<number>;
}
