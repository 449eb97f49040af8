/** How well counts fit the shares they were drawn from. @module */

export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  /** The statistic as a standard normal (Wilson and Hilferty 1931): above 3.09 has a chance of one in a thousand. */
  readonly z: number;
}

/** Pearson's chi-square of observed counts against expected shares. Items without a share must not occur. */
export function chiSquare(observed: readonly number[], shares: readonly number[]): ChiSquare {
  const total = sum(observed);
  const scale = total / sum(shares);
  const terms = shares.map((share, i) => {
    const expected = share * scale;
    if (expected > 0) return (observed[i]! - expected) ** 2 / expected;
    return observed[i] === 0 ? 0 : Infinity;
  });
  const degrees = shares.filter((share) => share > 0).length - 1;
  const spread = 2 / (9 * degrees);
  const statistic = sum(terms);
  return { statistic, degrees, z: (Math.cbrt(statistic / degrees) - (1 - spread)) / Math.sqrt(spread) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bins a unit of the natural logarithm: quantiles are exact to a quarter of a percent. */
const BINS = 200;
/** Covers a cent to a billion euro. */
const SIZE = Math.ceil(Math.log(1e11) * BINS) + 1;

/** Quantiles of amounts in constant memory: counts in bins of equal ratio. */
export class AmountHistogram {
  readonly #counts = new Uint32Array(SIZE);
  count = 0;

  /** Adds an amount of euros; less than a cent counts as a cent. */
  add(euros: number): void {
    const bin = Math.round(Math.log(Math.max(1, euros * 100)) * BINS);
    this.#counts[Math.min(SIZE - 1, bin)]!++;
    this.count++;
  }

  /** The amount in euros that this part (0 to 1) of the amounts does not exceed; NaN when there are none. */
  quantile(part: number): number {
    let seen = 0;
    for (let bin = 0; bin < SIZE; bin++) {
      seen += this.#counts[bin]!;
      if (seen > 0 && seen >= part * this.count) return Math.exp(bin / BINS) / 100;
    }
    return NaN;
  }
}
