import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  addMonths,
  addWorkingDays,
  daysAfter,
  daysBetween,
  dutchDay,
  endOfDay,
  endOfTerm,
  isWorkingDay,
} from "../../../../../actors/reasoning/law/working_days.ts";

const days = fc.integer({ min: 0, max: 60_000 }).map((n) => daysAfter("1970-01-01", n));

Deno.test("the holidays of the Algemene termijnenwet are no working days", () => {
  // Easter: 9 April 2023, 31 March 2024, 20 April 2025, 5 April 2026.
  const holidays = [
    ["2024-01-01", "2024-03-29", "2024-04-01", "2024-05-09", "2024-05-20", "2024-12-25", "2024-12-26"],
    ["2023-04-07", "2023-04-10", "2023-04-27", "2023-05-05", "2023-05-18", "2023-05-29"],
    ["2026-04-03", "2026-04-06", "2026-04-27", "2026-05-05", "2026-05-14", "2026-05-25"],
  ].flat();
  assertEquals(holidays.filter(isWorkingDay), []);
});

Deno.test("King's Day on a Sunday is kept the day before, and was Queen's Day before 2014", () => {
  assertEquals(isWorkingDay("2025-04-28"), true); // 27 April 2025 is a Sunday: kept on Saturday the 26th.
  assertEquals(isWorkingDay("2013-04-30"), false);
  assertEquals(isWorkingDay("2015-04-27"), false);
  assertEquals(isWorkingDay("2014-04-30"), true);
});

Deno.test("three working days over Easter end after it", () => {
  assertEquals(addWorkingDays("2026-04-02", 3), "2026-04-09");
  assertEquals(addWorkingDays("2026-01-05", 3), "2026-01-08");
});

Deno.test("a term that would end on a Sunday or holiday ends on the next working day", () => {
  assertEquals(endOfTerm("2026-01-05", 28), "2026-02-02");
  assertEquals(endOfTerm("2026-04-27", 0), "2026-04-28");
  assertEquals(endOfTerm("2025-12-18", 7), "2025-12-29"); // Christmas, Boxing Day, then a weekend.
});

Deno.test("a day that a decree puts on a par with a holiday is no working day", () => {
  const decreed = ["2023-04-28", "2023-05-19", "2024-05-10", "2024-12-27", "2025-05-30", "2026-01-02"];
  const later = ["2026-05-15", "2027-05-07", "2028-04-28", "2028-05-26"];
  assertEquals([...decreed, ...later].filter(isWorkingDay), []);
  assertEquals(endOfTerm("2025-05-16", 14), "2025-06-02");
});

Deno.test("a term of three days or more holds at least two working days", () => {
  // Friday 26 December 2025 and the weekend: two working days are Monday and Tuesday.
  assertEquals(endOfTerm("2025-12-25", 3), "2025-12-30");
  assertEquals(endOfTerm("2025-12-25", 2), "2025-12-29");
  assertEquals(endOfTerm("2026-01-06", 3), "2026-01-09");
});

Deno.test("months keep the day, or the last one of a shorter month", () => {
  assertEquals([1, 2, 13].map((n) => addMonths("2024-01-31", n)), ["2024-02-29", "2024-03-31", "2025-02-28"]);
  assertEquals(addMonths("2023-12-15", 1), "2024-01-15");
});

Deno.test("the Dutch day begins at midnight by the Dutch clock", () => {
  assertEquals(dutchDay("2026-01-14T23:00:00Z"), "2026-01-15");
  assertEquals(dutchDay("2026-01-14T22:59:59Z"), "2026-01-14");
  assertEquals(dutchDay("2026-07-14T22:00:00Z"), "2026-07-15");
  assertEquals(dutchDay("2026-01-15T00:30:00+02:00"), "2026-01-14");
  assertThrows(() => dutchDay("soon"), RangeError);
});

Deno.test("the Dutch day agrees with the time zone database", () => {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Amsterdam" });
  const times = fc.integer({ min: Date.UTC(1996, 11, 1), max: Date.UTC(2037, 0, 1) });
  fc.assert(fc.property(times, (time) => {
    assertEquals(dutchDay(new Date(time).toISOString()), format.format(time));
  }));
});

Deno.test("a day ends at the first instant of the next", () => {
  fc.assert(fc.property(days.filter((day) => day > "1997"), (day) => {
    const end = endOfDay(day);
    assertEquals(dutchDay(end), daysAfter(day, 1));
    assertEquals(dutchDay(new Date(Date.parse(end) - 1).toISOString()), day);
  }));
});

Deno.test("days and dates go back and forth, as a Date has them", () => {
  fc.assert(fc.property(fc.integer({ min: -200_000, max: 200_000 }), (n) => {
    const date = daysAfter("1970-01-01", n);
    assertEquals(date, new Date(n * 86_400_000).toISOString().slice(0, 10));
    assertEquals(daysBetween("1970-01-01", date), n);
  }));
});

Deno.test("a number of working days later is a working day, with that many in between", () => {
  fc.assert(fc.property(days, fc.integer({ min: 1, max: 30 }), (from, count) => {
    const to = addWorkingDays(from, count);
    const between = Array.from({ length: daysBetween(from, to) }, (_, i) => daysAfter(from, i + 1));
    assertEquals(between.filter(isWorkingDay).length, count);
    assertEquals(isWorkingDay(to), true);
  }));
});
