/** Writes a run: sorted entries go in, blocks of about 32 KB go out while more come in. @module */
import { type IndexKey, sliceOf } from "../entry/key.ts";
import type { IndexStore, RunPart } from "../store/index_store.ts";
import { BlockBuilder } from "./block.ts";
import { BloomFilter } from "./bloom_filter.ts";
import { dueAtOf } from "./due_entry.ts";
import type { RunRef } from "./run_ref.ts";

/** What a run will hold at most: by it its blocks and its filter are laid out. */
interface RunSize {
  readonly entries: number;
  readonly bytes: number;
}

/** A run that is stored, and its filter. */
export interface WrittenRun {
  readonly ref: RunRef;
  readonly filter: BloomFilter;
}

/** Writes under way at most. Waiting for them is also where the writer lets others go on. */
const WRITES_AT_ONCE = 4;

export class RunWriter {
  readonly id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  readonly #store: IndexStore;
  readonly #filter: BloomFilter;
  readonly #blocks: number[];
  readonly #due = { blocks: [] as number[], firsts: [] as number[] };
  readonly #entries = new BlockBuilder();
  readonly #dueEntries = new BlockBuilder();
  readonly #writes = new Set<Promise<void>>();
  #error: unknown;
  #slice = 0;
  #count = 0;
  #bytes = 0;

  constructor(store: IndexStore, size: RunSize, readonly blockBytes: number) {
    this.#store = store;
    this.#filter = BloomFilter.forKeys(size.entries);
    this.#blocks = Array.from({ length: Math.max(1, Math.ceil(size.bytes / blockBytes)) }, () => 0);
  }

  /** True while so much is being written that the caller should wait for `drained`. */
  get isBusy(): boolean {
    return this.#writes.size >= WRITES_AT_ONCE;
  }

  async drained(): Promise<void> {
    while (this.isBusy) await Promise.race(this.#writes);
    if (this.#error !== undefined) throw this.#error;
  }

  /** Adds an entry; they come in order of their keys. */
  add(key: IndexKey, value: Uint8Array): void {
    const slice = sliceOf(key.a, this.#blocks.length);
    if (slice !== this.#slice) this.#endBlock(slice);
    this.#entries.add(key, value);
    this.#filter.add(key);
    this.#count++;
  }

  /** Adds a timer by due time; they come in order too. */
  addDue(key: IndexKey, value: Uint8Array): void {
    if (this.#dueEntries.size >= this.blockBytes) this.#endDueBlock();
    if (this.#dueEntries.count === 0) this.#due.firsts.push(dueAtOf(key));
    this.#dueEntries.add(key, value);
  }

  async finish(level: number): Promise<WrittenRun> {
    this.#endBlock(this.#blocks.length);
    this.#endDueBlock();
    const filter = this.#filter.parts.map(() => 0);
    for (const [i, part] of this.#filter.parts.entries()) {
      await this.drained();
      this.#put("bloom", part, (sequence) => filter[i] = sequence);
    }
    await Promise.all(this.#writes);
    await this.drained();
    const ref = { id: this.id, level, entries: this.#count, bytes: this.#bytes };
    return { ref: { ...ref, blocks: this.#blocks, filter, due: this.#due }, filter: this.#filter };
  }

  #endBlock(next: number): void {
    const slice = this.#slice;
    this.#slice = next;
    if (this.#entries.count === 0) return;
    const bytes = this.#entries.take(slice);
    this.#bytes += bytes.length;
    this.#put("run", bytes, (sequence) => this.#blocks[slice] = sequence);
  }

  #endDueBlock(): void {
    if (this.#dueEntries.count === 0) return;
    const { blocks } = this.#due;
    const number = blocks.push(0) - 1;
    this.#put("run", this.#dueEntries.take(number), (sequence) => blocks[number] = sequence);
  }

  #put(part: RunPart, bytes: Uint8Array, onStored: (sequence: number) => void): void {
    const write = this.#store.putBlock(part, this.id, bytes)
      .then(onStored, (error) => void (this.#error ??= error))
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }
}
