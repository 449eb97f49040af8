import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  type ArrivalKind,
  scheduleArrivals,
  workingDayRates,
} from "../../../../simulators/load/arrival_schedule.ts";

function moments(kind: ArrivalKind, perSecond: number, durationMs: number, seed = "seed"): number[] {
  return [...scheduleArrivals({ kind, perSecond, durationMs, seed })];
}

Deno.test("a fixed schedule is evenly spaced, begins at once and ends before the duration does", () => {
  assertEquals(moments("fixed", 4, 1_000), [0, 250, 500, 750]);
  assertEquals(moments("fixed", 0.5, 5_000), [0, 2_000, 4_000]);
  assertEquals(moments("fixed", 3, 1_000).length, 3);
});

for (const kind of ["poisson", "daily"] as const) {
  Deno.test(`${kind} arrivals ascend, stay within the duration and follow from the seed`, () => {
    const all = moments(kind, 500, 4_000);
    assert(all.every((at, i) => at >= 0 && at < 4_000 && (i === 0 || at >= all[i - 1]!)));
    assertEquals(moments(kind, 500, 4_000), all);
    assert(moments(kind, 500, 4_000, "other")[0] !== all[0]);
  });

  Deno.test(`${kind} arrivals have the mean that was asked for`, () => {
    // The count of 100,000 expected is within five standard deviations.
    const { length } = moments(kind, 1_000, 100_000);
    assert(Math.abs(length - 100_000) < 5 * Math.sqrt(100_000), `${length}`);
  });
}

Deno.test("poisson waiting times vary as much as their mean, fixed ones not at all", () => {
  const all = moments("poisson", 1_000, 60_000);
  const waits = all.slice(1).map((at, i) => at - all[i]!);
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  const variance = waits.reduce((sum, wait) => sum + (wait - mean) ** 2, 0) / waits.length;
  assertAlmostEquals(Math.sqrt(variance) / mean, 1, 0.03);
});

Deno.test("daily arrivals follow the hours of a working day", () => {
  const day = workingDayRates();
  assertAlmostEquals(day.reduce((sum, each) => sum + each, 0), 24, 1e-9);
  const all = moments("daily", 1_000, 240_000);
  const byHour = day.map((_, hour) => all.filter((at) => Math.floor(at / 10_000) === hour).length);
  for (const [hour, count] of byHour.entries()) {
    const expected = day[hour]! * 10_000;
    assert(
      Math.abs(count - expected) <= 5 * Math.sqrt(expected) + 1,
      `hour ${hour}: ${count} for ${expected}`,
    );
  }
  assert(day[10]! > 3 * day[3]!);
});

Deno.test("a waiting time that is longer than an hour of the day goes on in the next one", () => {
  // One arrival an hour, on average, in each of two hundred days.
  const seeds = Array.from({ length: 200 }, (_, i) => `day ${i}`);
  const count = seeds.reduce((sum, seed) => sum + moments("daily", 0.1, 240_000, seed).length, 0);
  assert(Math.abs(count - 4_800) < 5 * Math.sqrt(4_800), `${count}`);
});
