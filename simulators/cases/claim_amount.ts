/** How large a claim is: lognormal above the least amount of its type, up to the largest. @module */
import type { DebtType } from "./figures.ts";
import type { Random } from "./random.ts";

/** What is above the least is lognormal with these parameters; a draw above the most is drawn again. */
interface AmountShape {
  readonly least: number;
  readonly most: number;
  readonly mu: number;
  readonly sigma: number;
}

/** Rounds of the search: each brings what lies above the most, a few percent, closer to what it is by another digit. */
const ROUNDS = 20;

/**
 * The shape with the published median and 90th percentile. Neither bound gets a mass of its own, as it would if amounts
 * outside became the bound.
 */
export function amountShape(
  { median_eur, p90_eur, min_eur: least, max_eur: most }: DebtType["amount"],
): AmountShape {
  const [median, p90] = [Math.log(median_eur - least), Math.log(p90_eur - least)];
  let [mu, sigma, below] = [median, 1, 1];
  for (let round = 0; round < ROUNDS; round++) {
    const [middle, high] = [normalQuantile(0.5 * below), normalQuantile(0.9 * below)];
    sigma = (p90 - median) / (high - middle);
    mu = median - sigma * middle;
    below = normalShare((Math.log(most - least) - mu) / sigma);
  }
  return { least, most, mu, sigma };
}

/** An amount in euros. */
export function drawAmount({ least, most, mu, sigma }: AmountShape, random: Random): number {
  for (;;) {
    const amount = least + Math.exp(mu + sigma * random.normal());
    if (amount <= most) return amount;
  }
}

/** The part of a standard normal below `z` (Abramowitz and Stegun 26.2.17; to 1e-7). */
export function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail = [0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429]
    .reduceRight((sum, factor) => (sum + factor) * t, 0) * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  return z < 0 ? tail : 1 - tail;
}

/** The inverse, by halving. */
function normalQuantile(share: number): number {
  let [low, high] = [-8, 8];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
