/** The chain of hashes over a log: what a store keeps of it, so that nobody changes the past unseen. @module */
import type { KeptHead, PartitionReport } from "./report.ts";

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

/** A store's chains, one a partition. Nobody may change or remove a block. */
export interface HashChain {
  /** Every commit is a block by itself: nothing is ever in none. Elsewhere nodes close blocks in the background. */
  readonly isContinuous: boolean;
  /** Closes blocks over all that is not in one yet. */
  closeBlocks(): Promise<void>;
  /**
   * Reads all of a partition, and stops at the first thing that is not as it was. `kept`: its last block at an earlier time, which
   * must still be there.
   */
  verify(partition: number, kept?: KeptHead): Promise<PartitionReport>;
}

/** Where blocks are kept beside the events that they are over. */
export interface BlockStore {
  /** In order. */
  blocks(partition: number): AsyncIterable<Block>;
  /** What is stored now at the positions after `after`, and not after `upTo`, in order. */
  eventHashes(partition: number, after: number, upTo: number): Promise<readonly EventHash[]>;
  /** How many events are stored after a position. */
  countAfter(partition: number, position: number): Promise<number>;
}
