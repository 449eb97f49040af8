/** Where a value lies on an axis, and which values the axis names. Pure. @module */

/** An axis: the values it names, and the place of any value as a share of its length. */
export interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** An axis from one number to another, with about as many ticks as are asked for. */
export function linearScale(from: number, to: number, ticks: number): Scale {
  const length = to - from;
  return { ticks: niceTicks(from, to, ticks), place: (value) => length > 0 ? (value - from) / length : 0.5 };
}

/** An axis of powers of ten that holds all values; those below one tick count as that tick. */
export function logarithmicScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(1, ...positive)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, ...positive))));
  const place = (value: number) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low);
  return { ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)), place };
}

/** Round numbers from `from` up to `to`, about `count` of them. */
export function niceTicks(from: number, to: number, count = 5): number[] {
  const rough = (to - from) / count;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough * (1 - 1e-9))!;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
