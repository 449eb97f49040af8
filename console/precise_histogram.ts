/** A histogram that keeps values to three significant digits in bounded memory. @module */

/** Values below this have a counter of their own; above it, every doubling shares half as many. */
const EXACT = 2_048;
const HALF = EXACT / 2;

/** For whole numbers from 0 to `highest`. Pure arithmetic: a value costs some nanoseconds. */
export class PreciseHistogram {
  readonly #counts: Float64Array;
  #total = 0;

  constructor(readonly highest: number) {
    this.#counts = new Float64Array(indexOf(highest) + 1);
  }

  /** Counts a value; what is above `highest` counts as that. */
  record(value: number): void {
    this.#counts[indexOf(Math.min(value, this.highest))]! += 1;
    this.#total++;
  }

  /** Counts everything that another one with the same `highest` has counted. */
  add(other: PreciseHistogram): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! += other.#counts[i]!;
    this.#total += other.#total;
  }

  /** The value that so many in a hundred do not exceed; 0 when nothing was counted. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil(this.#total * percent / 100));
    let counted = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      counted += this.#counts[i]!;
      if (counted >= wanted) return greatestOf(i);
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
function greatestOf(index: number): number {
  if (index < EXACT) return index;
  const doubling = Math.floor(index / HALF) - 1;
  return (index - doubling * HALF + 1) * 2 ** doubling - 1;
}
