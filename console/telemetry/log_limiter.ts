/** Bounds how often the same thing is logged: the first times in a window, then only a count. @module */

/** How often an entry was suppressed, with the first of its kind. */
interface Suppressed<T> {
  readonly sample: T;
  readonly count: number;
}

interface KeyCounter<T> {
  readonly sample: T;
  written: number;
  suppressed: number;
}

/** Counts by key. Keys beyond `keys` share the key of their kind, which bounds the memory. */
export class LogLimiter<T> {
  readonly #limits: { readonly each: number; readonly keys: number };
  readonly #counters = new Map<string, KeyCounter<T>>();

  constructor(limits: { each: number; keys: number }) {
    this.#limits = limits;
  }

  /**
   * The entry to write now, or undefined when it is only counted. It is made when it is needed, which under many failures
   * is seldom. `limit` overrides how often a key is written.
   */
  admit(kind: string, detail: string, make: () => T, limit: number = this.#limits.each): T | undefined {
    const fullKey = `${kind}|${detail}`;
    const key = this.#counters.has(fullKey) || this.#counters.size < this.#limits.keys ? fullKey : kind;
    const counter = this.#counters.get(key);
    if (counter === undefined) {
      const sample = make();
      this.#counters.set(key, { sample, written: Math.min(limit, 1), suppressed: limit > 0 ? 0 : 1 });
      return limit > 0 ? sample : undefined;
    }
    if (counter.written >= limit) return void counter.suppressed++;
    counter.written++;
    return make();
  }

  /** What was suppressed since the last call; then the window begins anew. */
  drain(): Suppressed<T>[] {
    const counters = [...this.#counters.values()];
    this.#counters.clear();
    return counters.filter(({ suppressed }) => suppressed > 0).map(({ sample, suppressed }) => ({
      sample,
      count: suppressed,
    }));
  }
}
