/**
 * Bloom filters: whether a run may hold a key. Ten bits a key and seven probes, so that 0.8 % of the keys that are not there cost a
 * read. A filter is cut by the range of the hash, because a message of the store has a bounded size.
 * @module
 */
import { type IndexKey, sliceOf } from "../entry/key.ts";

const BITS_PER_KEY = 10;
const PROBES = 7;
/** Of a part of a filter, in bytes. */
const PART_BYTES = 128 * 1024;

export class BloomFilter {
  readonly parts: readonly Uint8Array[];

  /** @param parts the filter as it was stored */
  constructor(parts: readonly Uint8Array[]) {
    this.parts = parts;
  }

  /** An empty filter with room for this many keys. */
  static forKeys(keys: number): BloomFilter {
    const bytes = Math.max(8, Math.ceil(keys * BITS_PER_KEY / 8));
    const parts = Math.ceil(bytes / PART_BYTES);
    return new BloomFilter(Array.from({ length: parts }, () => new Uint8Array(Math.ceil(bytes / parts))));
  }

  add(key: IndexKey): void {
    const part = this.parts[sliceOf(key.a, this.parts.length)]!;
    const bits = part.length * 8;
    for (let i = 0, hash = key.b; i < PROBES; i++, hash = (hash + (key.c | 1)) | 0) {
      const bit = sliceOf(hash ^ key.d, bits);
      part[bit >>> 3]! |= 1 << (bit & 7);
    }
  }

  mayHave(key: IndexKey): boolean {
    const part = this.parts[sliceOf(key.a, this.parts.length)]!;
    const bits = part.length * 8;
    for (let i = 0, hash = key.b; i < PROBES; i++, hash = (hash + (key.c | 1)) | 0) {
      const bit = sliceOf(hash ^ key.d, bits);
      if (!(part[bit >>> 3]! & (1 << (bit & 7)))) return false;
    }
    return true;
  }
}
