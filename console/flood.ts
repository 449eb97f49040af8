/** Bounds how often the same thing is said: the first times in a window, and then only how often. @module */

/** How often something was kept back, with what was said of it first. */
interface KeptBack<T> {
  readonly sample: T;
  readonly count: number;
}

interface Seen<T> {
  readonly sample: T;
  said: number;
  keptBack: number;
}

/** Counts by key. Keys beyond `keys` share the key of their kind, so memory is bounded whatever is said. */
export class Flood<T> {
  readonly #limits: { readonly each: number; readonly keys: number };
  readonly #seen = new Map<string, Seen<T>>();

  constructor(limits: { each: number; keys: number }) {
    this.#limits = limits;
  }

  /**
   * What may be said now, or undefined when it is only counted. It is made when it is needed: in a flood that is seldom.
   * `each` overrides how often a key may be said.
   */
  admit(kind: string, detail: string, make: () => T, each: number = this.#limits.each): T | undefined {
    const whole = `${kind}|${detail}`;
    const key = this.#seen.has(whole) || this.#seen.size < this.#limits.keys ? whole : kind;
    const seen = this.#seen.get(key);
    if (seen === undefined) {
      const sample = make();
      this.#seen.set(key, { sample, said: Math.min(each, 1), keptBack: each > 0 ? 0 : 1 });
      return each > 0 ? sample : undefined;
    }
    if (seen.said >= each) return void seen.keptBack++;
    seen.said++;
    return make();
  }

  /** What was kept back since the last time; then the window begins anew. */
  drain(): KeptBack<T>[] {
    const all = [...this.#seen.values()];
    this.#seen.clear();
    return all.filter(({ keptBack }) => keptBack > 0).map(({ sample, keptBack }) => ({
      sample,
      count: keptBack,
    }));
  }
}
