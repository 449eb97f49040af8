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
