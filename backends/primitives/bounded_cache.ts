/** A bounded map that evicts what was not set for longest. @module */

/**
 * Two generations of at most half the limit each: when the young one is full it becomes the old one, and what was old
 * is forgotten. Whatever was set within the last `limit / 2` sets is there. (One Map that deletes its first key is the
 * usual way, and a trap: V8 walks over all keys deleted since the last rehash, which took a quarter of a worker's time.)
 */
export class BoundedCache<V> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  readonly #half: number;

  /** `limit`: entries kept at most; 2 at the least. */
  constructor(limit: number) {
    this.#half = Math.max(1, limit >> 1);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
