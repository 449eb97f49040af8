/** A clock that runs faster than the real one: years of a case within minutes. @module */
import { z } from "zod";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  /** The mean year of the Gregorian calendar. */
  y: 365.2425 * 86_400_000,
};

function scaleOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min|h|d|w|y)\/(ms|s|min|h|d)$/.exec(text);
  if (match === null) return text.trim() === "" ? NaN : Number(text);
  return Number(match[1]) * UNITS_MS[match[2]!]! / UNITS_MS[match[3]!]!;
}

/** Simulated time for each unit of real time, from `1y/min`, `30d/s` or a plain factor such as `1` or `3600`. */
export const timeScale = z.string().transform(scaleOf).refine((scale) => scale > 0 && scale < Infinity, {
  error: "must be a time scale such as 1y/min, 30d/s or 3600",
});

/** A source of the current time. */
export interface SimulatedClock {
  now(): Date;
}

interface SimulatedClockOptions {
  /** The simulated time at which it starts, ISO. */
  readonly from: string;
  /** Simulated milliseconds for each real one; see `timeScale`. */
  readonly scale: number;
  /** Real milliseconds since any moment. Default: `performance.now`. */
  readonly real?: () => number;
}

/** A clock that starts at `from` when it is made, and from then on runs `scale` times as fast as real time. */
export function simulatedClock(
  { from, scale, real = () => performance.now() }: SimulatedClockOptions,
): SimulatedClock {
  const began = real();
  const start = Date.parse(from);
  if (Number.isNaN(start)) throw new RangeError(`Cannot start a clock at a time that is none: ${from}`);
  return { now: () => new Date(start + (real() - began) * scale) };
}
