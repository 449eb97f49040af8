/** The chain of hashes over a memory store: closed when it is asked for, since nothing of it outlives its process. @module */
import { createHash } from "node:crypto";
import { blockHash, entriesOf, NO_BLOCK } from "../chain/block.ts";
import type { Block, BlockStore, EventHash, HashChain } from "../chain/hash_chain.ts";
import type { KeptHead, PartitionReport } from "../chain/report.ts";
import { verifyBlocks } from "../chain/verify.ts";
import { entryLineOf, type EventLog, indexBehind, type LogEntry } from "./event_log.ts";

export class MemoryHashChain implements HashChain, BlockStore {
  readonly isContinuous = false;
  readonly #log: EventLog;
  readonly #blocks: readonly Block[][];

  constructor(log: EventLog) {
    this.#log = log;
    this.#blocks = log.slices.map(() => []);
  }

  closeBlocks(): Promise<void> {
    this.#blocks.forEach((blocks, partition) => this.#close(blocks, partition));
    return Promise.resolve();
  }

  #close(blocks: Block[], partition: number): void {
    const before = blocks.at(-1);
    const events = this.#behind(partition, before?.lastPosition ?? 0).map(hashOf);
    if (events.length === 0) return;
    const content = {
      partition,
      number: blocks.length + 1,
      previous: before?.hash ?? NO_BLOCK,
      entries: entriesOf(events),
    };
    const [firstPosition, lastPosition] = [events[0]!.position, events.at(-1)!.position];
    blocks.push({ ...content, firstPosition, lastPosition, events: events.length, hash: blockHash(content) });
  }

  verify(partition: number, kept?: KeptHead): Promise<PartitionReport> {
    return verifyBlocks(this, partition, kept);
  }

  async *blocks(partition: number): AsyncGenerator<Block> {
    for (const block of this.#blocks[partition]!) yield await Promise.resolve(block);
  }

  eventHashes(partition: number, after: number, upTo: number): Promise<readonly EventHash[]> {
    const stored = this.#behind(partition, after).filter(({ position }) => position <= upTo);
    return Promise.resolve(stored.map(hashOf));
  }

  countAfter(partition: number, position: number): Promise<number> {
    return Promise.resolve(this.#behind(partition, position).length);
  }

  #behind(partition: number, position: number): readonly LogEntry[] {
    const slice = this.#log.slices[partition]!;
    return slice.slice(indexBehind(slice, position));
  }
}

function hashOf(entry: LogEntry): EventHash {
  const { position, eventId } = entry;
  const hash = createHash("sha256").update(entryLineOf(entry, 0, false)).digest();
  return { position, eventId, hash: new Uint8Array(hash) };
}
