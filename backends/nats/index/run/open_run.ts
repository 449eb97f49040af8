/** A stored run, read by key or from a key on. @module */
import { IndexDamaged } from "../entry/event_span.ts";
import { type IndexKey, sliceOf } from "../entry/key.ts";
import type { IndexStore } from "../store/index_store.ts";
import { Block } from "./block.ts";
import { BloomFilter } from "./bloom_filter.ts";
import { dueAtOf } from "./due_entry.ts";
import type { RunRef } from "./run_ref.ts";

/** A block that a manifest names is not there: the run was merged, and a newer manifest names others. */
export class BlockGone extends IndexDamaged {
  override name = "BlockGone";
}

/** Blocks read ahead of where a scan is. */
const READ_AHEAD = 4;

export class OpenRun {
  readonly ref: RunRef;
  readonly #store: IndexStore;
  #filter: BloomFilter | undefined;
  /** Reads under way: cases that are asked for together are mostly in few blocks. */
  readonly #reading = new Map<number, Promise<Block>>();

  /** Without its filter every key that is asked for costs a read. */
  constructor(store: IndexStore, ref: RunRef, filter?: BloomFilter) {
    this.#store = store;
    this.ref = ref;
    this.#filter = filter;
  }

  async loadFilter(): Promise<void> {
    if (this.#filter !== undefined) return;
    const { id, filter } = this.ref;
    const parts = await Promise.all(filter.map((sequence) => this.#store.getBlock("bloom", id, sequence)));
    if (parts.includes(undefined)) throw new BlockGone(`A filter of the index's run ${id} is gone`);
    this.#filter = new BloomFilter(parts as Uint8Array[]);
  }

  /** Asked before `find`, which reads a block. */
  mayHave(key: IndexKey): boolean {
    return this.#filter?.mayHave(key) ?? true;
  }

  /** The bytes under a key; undefined when there are none. Throws BlockGone. */
  async find(key: IndexKey): Promise<Uint8Array | undefined> {
    const { blocks } = this.ref;
    const number = sliceOf(key.a, blocks.length);
    return blocks[number] === 0 ? undefined : (await this.#read(blocks, number)).find(key);
  }

  /** Its blocks, from that of a key on. */
  scan(from?: IndexKey): AsyncGenerator<Block> {
    const { blocks } = this.ref;
    return this.#scan(blocks, from === undefined ? 0 : sliceOf(from.a, blocks.length));
  }

  /** Its timers by due time, from the block on that may hold those of a time. */
  scanDue(from?: IndexKey): AsyncGenerator<Block> {
    const { blocks, firsts } = this.ref.due;
    const dueAt = from === undefined ? -1 : dueAtOf(from);
    const behind = firsts.findIndex((first) => first >= dueAt);
    return this.#scan(blocks, Math.max(0, (behind === -1 ? blocks.length : behind) - 1));
  }

  async *#scan(blocks: readonly number[], first: number): AsyncGenerator<Block> {
    const reads: Promise<Block>[] = [];
    for (let number = first; number < blocks.length || reads.length > 0;) {
      for (; number < blocks.length && reads.length < READ_AHEAD; number++) {
        if (blocks[number] === 0) continue;
        const read = this.#read(blocks, number);
        read.catch(() => {});
        reads.push(read);
      }
      const next = reads.shift();
      if (next !== undefined) yield await next;
    }
  }

  #read(blocks: readonly number[], number: number): Promise<Block> {
    const sequence = blocks[number]!;
    const known = this.#reading.get(sequence);
    if (known !== undefined) return known;
    const read = this.#readBlock(sequence, number).finally(() => this.#reading.delete(sequence));
    this.#reading.set(sequence, read);
    return read;
  }

  /** A sequence may come again with other bytes, when the server lost its last messages: its run and number are compared. */
  async #readBlock(sequence: number, number: number): Promise<Block> {
    const { id } = this.ref;
    const bytes = await this.#store.getBlock("run", id, sequence);
    const block = bytes === undefined ? undefined : new Block(bytes);
    if (block?.number !== number) throw new BlockGone(`Block ${number} of the index's run ${id} is gone`);
    return block;
  }
}
