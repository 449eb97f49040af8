/**
 * Seeded randomness: the same seed gives the same numbers, wherever the same engine runs. Integers, divisions and
 * square roots are exact by the standards; `Math.log` and `Math.exp` are not, but V8, the only engine Deno has,
 * computes them in its own software, alike on every platform.
 * @module
 */
import { hash } from "node:crypto";

/** A stream of random numbers: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, period of at least 2^32. */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;
  #spareNormal: number | undefined;

  /** Streams of different names are independent of each other, also for the same seed. */
  constructor(seed: string | number, stream: string) {
    const digest = hash("sha256", `${seed}/${stream}`, "hex");
    this.#a = parseInt(digest.slice(0, 8), 16) | 0;
    this.#b = parseInt(digest.slice(8, 16), 16) | 0;
    this.#c = parseInt(digest.slice(16, 24), 16) | 0;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const next = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + next) | 0;
    return next >>> 0;
  }

  /** Uniform, strictly between 0 and 1, so that its logarithm is finite. */
  uniform(): number {
    return (this.uint32() + 0.5) / 4294967296;
  }

  /** A whole number from 0 to `bound` - 1. The bias is at most `bound` / 2^32. */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(this.uniform());
  }

  /** Standard normal, by Marsaglia's polar method: it needs no sine. */
  normal(): number {
    const spare = this.#spareNormal;
    this.#spareNormal = undefined;
    if (spare !== undefined) return spare;
    let x = 0, y = 0, square = 0;
    do {
      x = 2 * this.uniform() - 1;
      y = 2 * this.uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt(-2 * Math.log(square) / square);
    this.#spareNormal = y * scale;
    return x * scale;
  }
}

/** A lognormal amount. */
export function lognormal(random: Random, { mu, sigma }: { mu: number; sigma: number }): number {
  return Math.exp(mu + sigma * random.normal());
}

/** The probabilities of a negative binomial from `min` to `max`; what falls outside counts for the bound. */
export function negativeBinomialShares(
  { mean, k, min, max }: { mean: number; k: number; min: number; max: number },
): number[] {
  const success = mean / (mean + k);
  const shares = new Array<number>(max - min + 1).fill(0);
  let probability = (1 - success) ** k;
  let covered = 0;
  for (let n = 0; n < max; n++) {
    shares[Math.max(n, min) - min]! += probability;
    covered += probability;
    probability *= success * (n + k) / (n + 1);
  }
  shares[max - min]! += 1 - covered;
  return shares;
}

/** Draws from a list by weight in constant time (the alias method of Walker and Vose). */
export class Categorical<T> {
  readonly #values: readonly T[];
  readonly #keep: Float64Array;
  readonly #alias: Int32Array;

  constructor(values: readonly T[], weights: readonly number[]) {
    if (values.length === 0 || values.length !== weights.length) {
      throw new RangeError("A categorical needs as many weights as values, and at least one");
    }
    this.#values = values;
    this.#keep = new Float64Array(values.length).fill(1);
    this.#alias = new Int32Array(values.length);
    this.#build(weights);
  }

  /** From a record of shares: `{ low: 0.2, high: 0.8 }`. */
  static of<K extends string>(shares: Readonly<Record<K, number>>): Categorical<K> {
    const entries = Object.entries<number>(shares);
    return new Categorical(entries.map(([key]) => key as K), entries.map(([, weight]) => weight));
  }

  draw(random: Random): T {
    const column = random.below(this.#values.length);
    return this.#values[random.uniform() < this.#keep[column]! ? column : this.#alias[column]!]!;
  }

  #build(weights: readonly number[]): void {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scaled = weights.map((weight) => weight * weights.length / total);
    const small = scaled.flatMap((weight, i) => weight < 1 ? [i] : []);
    const large = scaled.flatMap((weight, i) => weight < 1 ? [] : [i]);
    while (small.length > 0 && large.length > 0) {
      const lesser = small.pop()!;
      const greater = large.pop()!;
      this.#keep[lesser] = scaled[lesser]!;
      this.#alias[lesser] = greater;
      scaled[greater]! -= 1 - scaled[lesser]!;
      (scaled[greater]! < 1 ? small : large).push(greater);
    }
  }
}
