/** Lengths of time as a definition says them. Pure. @module */

/** A number and a unit: minutes, hours, days of 24 hours, weeks. */
export type Duration = `${number}${keyof typeof UNITS}`;

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of a duration. Throws RangeError for what is none. */
export function durationMs(duration: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(duration) ?? [];
  const ms = Number(count) * (UNITS[unit as keyof typeof UNITS] ?? NaN);
  if (ms > 0) return ms;
  throw new RangeError(`A duration is a number and one of m, h, d, w: ${duration}`);
}

/** The moment this long after another, ISO. */
export function momentAfter(moment: string, duration: Duration): string {
  return new Date(Date.parse(moment) + durationMs(duration)).toISOString();
}
