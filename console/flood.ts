/** Bounds how often the same thing is said: the first times in a window, and then only how often. @module */

/** How often something was kept back, with what was said of it first. */
export interface KeptBack<T> {
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

  /** True when it may be said now; otherwise it is counted. `each` overrides how often a key may be said. */
  admit(kind: string, detail: string, sample: T, each: number = this.#limits.each): boolean {
    const seen = this.#of(kind, detail, sample);
    if (seen.said < each) {
      seen.said++;
      return true;
    }
    seen.keptBack++;
    return false;
  }

  #of(kind: string, detail: string, sample: T): Seen<T> {
    const whole = `${kind}|${detail}`;
    const known = this.#seen.has(whole) || this.#seen.size < this.#limits.keys;
    const key = known ? whole : kind;
    let seen = this.#seen.get(key);
    if (seen === undefined) this.#seen.set(key, seen = { sample, said: 0, keptBack: 0 });
    return seen;
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
