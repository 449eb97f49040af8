/** When the events of a load test are due: fixed before it begins, independent of how fast the store is. @module */
import { hoursOfWeek } from "../cases/arrival_pattern.ts";
import { Random } from "../cases/random.ts";

export const arrivalKinds = ["fixed", "poisson", "daily"] as const;
export type ArrivalKind = (typeof arrivalKinds)[number];

interface ArrivalOptions {
  /**
   * `fixed`: evenly spaced. `poisson`: independent of each other. `daily`: Poisson, whose rate follows the hours of a
   * working day of debt assistance, the whole day within the duration.
   */
  readonly kind: ArrivalKind;
  /** Mean over the whole duration. */
  readonly perSecond: number;
  readonly durationMs: number;
  /** The same seed gives the same moments. */
  readonly seed: string;
}

/** The moments in milliseconds since the start, ascending, in constant memory. */
export function scheduleArrivals(options: ArrivalOptions): Generator<number> {
  switch (options.kind) {
    case "fixed":
      return evenArrivals(options);
    case "poisson":
      return randomArrivals([1], options);
    case "daily":
      return randomArrivals(workingDayRates(), options);
  }
}

function* evenArrivals({ perSecond, durationMs }: ArrivalOptions): Generator<number> {
  for (let i = 0;; i++) {
    const at = i / perSecond * 1000;
    if (at >= durationMs) return;
    yield at;
  }
}

/** A Poisson process in pieces of equal length, each with its rate relative to the mean. */
function* randomArrivals(relative: readonly number[], options: ArrivalOptions): Generator<number> {
  const { perSecond, durationMs, seed } = options;
  const random = new Random(seed, "load/arrivals");
  const length = durationMs / relative.length;
  let wait = random.exponential();
  for (const [i, factor] of relative.entries()) {
    const [ends, perMs] = [(i + 1) * length, perSecond / 1000 * factor];
    let at = i * length;
    // The rest of a waiting time at the end of a piece is spent at the rate of the next one.
    for (; perMs > 0 && at + wait / perMs < ends; wait = random.exponential()) yield at += wait / perMs;
    wait -= perMs * (ends - at);
  }
}

const TUESDAY = 2;

/** The 24 hours of a working day, each relative to their mean. */
export function workingDayRates(): number[] {
  const shares = hoursOfWeek().slice(TUESDAY * 24, (TUESDAY + 1) * 24).map(({ share }) => share);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return shares.map((share) => share / mean);
}
