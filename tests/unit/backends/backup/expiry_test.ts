import { assertEquals } from "@std/assert";
import { isLogNeeded, parseRetention, planExpiry } from "../../../../backends/backup/expiry.ts";

function on(...days: string[]) {
  return days.map((day) => ({ id: day, ended_at: `${day}T03:00:00.000000Z` }));
}

function kept(days: readonly string[], keep: string): string[] {
  return planExpiry(on(...days), parseRetention(keep)!).kept.map(({ id }) => id);
}

Deno.test("a retention is days, weeks and months in any order, each once, and something at least", () => {
  assertEquals(parseRetention("7d,4w,12m"), { days: 7, weeks: 4, months: 12 });
  assertEquals(parseRetention("12m, 7d"), { days: 7, weeks: 0, months: 12 });
  for (const wrong of ["", "7", "7x", "7d,3d", "0d", "-1d", "7d,"]) {
    assertEquals(parseRetention(wrong), undefined);
  }
});

Deno.test("the newest backup of each of the last days, weeks and months stays", () => {
  const days = [
    "2026-08-31",
    "2026-09-30",
    "2026-10-31",
    "2026-11-09",
    "2026-11-16",
    "2026-11-22",
    "2026-11-29",
    "2026-11-30",
  ];
  assertEquals(kept(days, "2d"), ["2026-11-29", "2026-11-30"]);
  assertEquals(kept(days, "3w"), ["2026-11-22", "2026-11-29", "2026-11-30"]);
  assertEquals(kept(days, "2m"), ["2026-10-31", "2026-11-30"]);
  assertEquals(kept(days, "1d,2w,3m"), ["2026-09-30", "2026-10-31", "2026-11-29", "2026-11-30"]);
});

Deno.test("backups that stopped long ago do not make those there are go: periods without one are not counted", () => {
  assertEquals(kept(["2020-01-01", "2020-03-01", "2021-06-01"], "2d"), ["2020-03-01", "2021-06-01"]);
});

Deno.test("of several backups of a day the last one stays, and all others go", () => {
  const backups = ["01", "09", "17"].map((hour) => ({
    id: hour,
    ended_at: `2026-11-30T${hour}:00:00.000000Z`,
  }));
  const plan = planExpiry(backups, { days: 7, weeks: 0, months: 0 });
  assertEquals(plan.kept.map(({ id }) => id), ["17"]);
  assertEquals(plan.removed.map(({ id }) => id), ["01", "09"]);
});

Deno.test("of the log stays what a kept backup begins with, and what a timeline without a backup waits with", () => {
  const bases = [{ server: { timeline: 2 }, firstSegment: 7 }, { server: { timeline: 2 }, firstSegment: 12 }];
  const needed = (timeline: number, segment: number) => isLogNeeded({ timeline, segment }, bases);
  assertEquals([needed(2, 6), needed(2, 7), needed(2, 20)], [false, true, true]);
  assertEquals([needed(1, 20), needed(3, 1)], [false, true]);
});
