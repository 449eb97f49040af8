/**
 * Blocks: sorted entries as one message of the index stream. In front stand the number of the block in its run and the number of
 * entries; then their keys, where each value ends, and the values. A block is searched and merged without being decoded.
 * @module
 */
import { ByteWriter } from "../entry/bytes.ts";
import { compareKeys, type IndexKey } from "../entry/key.ts";

const HEAD = 8;
const KEY = 16;
const OFFSET = 4;

/** A block as it was read. */
export class Block {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #values: number;
  readonly count: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.count = this.#view.getUint32(4);
    this.#values = HEAD + this.count * (KEY + OFFSET);
  }

  /** Which block of its run it is. */
  get number(): number {
    return this.#view.getUint32(0);
  }

  key(index: number): IndexKey {
    const at = HEAD + index * KEY;
    const view = this.#view;
    return {
      a: view.getInt32(at),
      b: view.getInt32(at + 4),
      c: view.getInt32(at + 8),
      d: view.getInt32(at + 12),
    };
  }

  value(index: number): Uint8Array {
    const start = index === 0 ? 0 : this.#end(index - 1);
    return this.#bytes.subarray(this.#values + start, this.#values + this.#end(index));
  }

  #end(index: number): number {
    return this.#view.getUint32(HEAD + this.count * KEY + index * OFFSET);
  }

  /** The value under a key; undefined when there is none. */
  find(key: IndexKey): Uint8Array | undefined {
    const index = this.lowerBound(key);
    return index < this.count && compareKeys(this.key(index), key) === 0 ? this.value(index) : undefined;
  }

  /** The first entry whose key is not less than this one. */
  lowerBound(key: IndexKey): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.key(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What an entry adds to a block beside its value. */
export const ENTRY_OVERHEAD = KEY + OFFSET;

/** Collects entries, in order of their keys, and makes blocks of them. */
export class BlockBuilder {
  readonly #keys = new ByteWriter();
  readonly #ends = new ByteWriter();
  readonly #values = new ByteWriter();

  get count(): number {
    return this.#ends.length / OFFSET;
  }

  /** The size of the block so far. */
  get size(): number {
    return HEAD + this.#keys.length + this.#ends.length + this.#values.length;
  }

  add({ a, b, c, d }: IndexKey, value: Uint8Array): void {
    for (const lane of [a, b, c, d]) this.#keys.uint32(lane);
    this.#values.bytes(value);
    this.#ends.uint32(this.#values.length);
  }

  /** The block; the builder is empty then. */
  take(number: number): Uint8Array {
    const head = new ByteWriter(HEAD);
    head.uint32(number);
    head.uint32(this.count);
    const parts = [head, this.#keys, this.#ends, this.#values];
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const part of parts) {
      bytes.set(part.part(), at);
      at += part.length;
      part.clear();
    }
    return bytes;
  }
}
