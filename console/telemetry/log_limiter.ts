/** Bounds how often the same thing is said: the first times in a window, and then only how often. @module */

/** How often something was kept back, with what was said of it first. */
interface Suppressed<T> {
  readonly sample: T;
  readonly count: number;
}

interface KeyCounter<T> {
  readonly sample: T;
  written: number;
  suppressed: number;
}

/** Counts by key. Keys beyond `keys` share the key of their kind, so memory is bounded whatever is said. */
export class LogLimiter<T> {
  readonly #limits: { readonly each: number; readonly keys: number };
  readonly #counters = new Map<string, KeyCounter<T>>();

  constructor(limits: { each: number; keys: number }) {
    this.#limits = limits;
  }

  /**
   * What may be said now, or undefined when it is only counted. It is made when it is needed: in a flood that is seldom.
   * `each` overrides how often a key may be said.
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

  /** What was kept back since the last time; then the window begins anew. */
  drain(): Suppressed<T>[] {
    const counters = [...this.#counters.values()];
    this.#counters.clear();
    return counters.filter(({ suppressed }) => suppressed > 0).map(({ sample, suppressed }) => ({
      sample,
      count: suppressed,
    }));
  }
}
