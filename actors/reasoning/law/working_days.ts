/**
 * Days and terms in the Netherlands: the Dutch calendar day of an instant, and working days under the Algemene
 * termijnenwet (articles 1 to 3; articles text: wetten.overheid.nl, BWBR0002448).
 *
 * Own code and not a library, measured: `date-holidays` adds about 80 ms to the start of every worker, and its list of
 * Dutch public holidays is not the law's: it has no 5 May and no Good Friday, which article 3 both names. What is left
 * for a library is the date of Easter, which is the ten lines below; a test holds them to published dates.
 * @module
 */

import type { Dated } from "./parameters.ts";

const DAY_MS = 86_400_000;

/**
 * Days that a decree puts on a par with a holiday of article 3 (lid 3). Those of the years before 2023 were not looked up.
 */
export const decreedDays: Dated<readonly string[]> = {
  id: "termijnenwet_decreed_days",
  source: {
    law: "Algemene termijnenwet art. 3 lid 3 (decrees, quoted by sterfgeval.nl 4-10-2025)",
    url: "https://www.sterfgeval.nl/",
    certainty: "secondary",
  },
  values: [
    {
      from: "2023-01-01",
      value: ["2023-04-28", "2023-05-19", "2024-05-10", "2024-12-27", "2025-05-30"],
    },
    {
      from: "2026-01-01",
      until: "2029-01-01",
      value: ["2026-01-02", "2026-05-15", "2027-05-07", "2028-04-28", "2028-05-26"],
    },
  ],
};

/** Days since 1 January 1970 of an ISO date. */
function dayNumber(date: string): number {
  const year = Number(date.slice(0, 4)), month = Number(date.slice(5, 7)), day = Number(date.slice(8, 10));
  const number = Date.UTC(year, month - 1, day) / DAY_MS;
  if (Number.isNaN(number)) throw new RangeError(`Cannot read the date ${date}`);
  return number;
}

/** Days since 1 January 1970 as an ISO date: arithmetic, as a Date object costs most of the time of a plan. */
function isoDate(number: number): string {
  // Years from March on, so that the leap day is the last of its year (Hinnant, "chrono-compatible date algorithms").
  const shifted = number + 719_468;
  const era = Math.floor(shifted / 146_097), ofEra = shifted - era * 146_097;
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return isoOf(year + era * 400 + (month <= 2 ? 1 : 0), month, day);
}

function isoOf(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, "0")}-${month < 10 ? "0" : ""}${month}-${day < 10 ? "0" : ""}${day}`;
}

function yearOf(number: number): number {
  return new Date(number * DAY_MS).getUTCFullYear();
}

function weekday(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** Easter Sunday (Gregorian; Meeus/Jones/Butcher), as a day number. */
function easter(year: number): number {
  const a = year % 19, b = Math.floor(year / 100), c = year % 100;
  const d = Math.floor(b / 4), e = b % 4, f = Math.floor((b + 8) / 25), g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4), k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const month = Math.floor((h + l - 7 * m + 114) / 31), day = ((h + l - 7 * m + 114) % 31) + 1;
  return Math.round(Date.UTC(year, month - 1, day) / DAY_MS);
}

/** King's Day: 27 April, the day before on a Sunday; before 2014 Queen's Day, 30 April, likewise. */
function kingsDay(year: number): number {
  const day = Math.round(Date.UTC(year, 3, year < 2014 ? 30 : 27) / DAY_MS);
  return weekday(day) === 0 ? day - 1 : day;
}

/** Days that a decree puts on a par with a holiday, as day numbers by year. */
const decreedByYear = Map.groupBy(
  decreedDays.values.flatMap(({ value }) => value).map(dayNumber),
  yearOf,
);

const holidaysByYear = new Map<number, ReadonlySet<number>>();

/** The holidays of article 3 and the days on a par with them, as day numbers. */
function holidays(year: number): ReadonlySet<number> {
  const known = holidaysByYear.get(year);
  if (known) return known;
  const sunday = easter(year);
  const fixed = (month: number, day: number) => Math.round(Date.UTC(year, month - 1, day) / DAY_MS);
  const days = new Set([
    fixed(1, 1),
    sunday - 2, // Goede Vrijdag
    sunday + 1,
    sunday + 39, // Hemelvaartsdag
    sunday + 50, // Tweede Pinksterdag
    kingsDay(year),
    fixed(5, 5),
    fixed(12, 25),
    fixed(12, 26),
    ...decreedByYear.get(year) ?? [],
  ]);
  holidaysByYear.set(year, days);
  return days;
}

function isWorkingDayNumber(day: number): boolean {
  const of = weekday(day);
  return of !== 0 && of !== 6 && !holidays(yearOf(day)).has(day);
}

/** True for a day that is not a Saturday, a Sunday or a holiday of article 3 (ISO date). */
export function isWorkingDay(date: string): boolean {
  return isWorkingDayNumber(dayNumber(date));
}

/** The date `count` working days after a date; the day itself does not count. */
export function addWorkingDays(date: string, count: number): string {
  let day = dayNumber(date);
  for (let left = count; left > 0;) if (isWorkingDayNumber(++day)) left--;
  return isoDate(day);
}

/** So many days always hold two working days: no run of holidays and weekends is this long. */
const LONG = 14;

/**
 * Article 1: a term that would end on a Saturday, Sunday or holiday ends on the next working day. Article 2: one of three
 * days or more holds at least two working days.
 */
export function endOfTerm(date: string, days: number): string {
  const first = dayNumber(date) + 1;
  let day = first + days - 1;
  let short = days >= 3 && days < LONG ? 2 - workingDaysUpToTwo(first, day) : 0;
  while (short > 0) if (isWorkingDayNumber(++day)) short--;
  while (!isWorkingDayNumber(day)) day++;
  return isoDate(day);
}

function workingDaysUpToTwo(from: number, to: number): number {
  let found = 0;
  for (let day = from; day <= to && found < 2; day++) if (isWorkingDayNumber(day)) found++;
  return found;
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function lengthOf(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : monthLengths[month - 1]!;
}

/** The same day of the month, `count` months later; the last day of a shorter month. */
export function addMonths(date: string, count: number): string {
  const months = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + count;
  const year = Math.floor(months / 12), month = months % 12 + 1;
  return isoOf(year, month, Math.min(Number(date.slice(8, 10)), lengthOf(year, month)));
}

/** Whole days from one ISO date to another. */
export function daysBetween(from: string, to: string): number {
  return dayNumber(to) - dayNumber(from);
}

/** The last Sunday of a month at 01:00 UTC, when European clocks change. */
function clockChange(year: number, month: number): number {
  const last = Date.UTC(year, month, 0);
  return last - weekday(last / DAY_MS) * DAY_MS + 3_600_000;
}

/** Hours the Dutch clock is ahead of UTC at an instant, by the rule of the European Union since 1996. */
function hoursAhead(time: number): number {
  const year = yearOf(Math.floor(time / DAY_MS));
  return time >= clockChange(year, 3) && time < clockChange(year, 10) ? 2 : 1;
}

/** The calendar day in the Netherlands of an instant. */
export function dutchDay(at: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) throw new RangeError(`Cannot read the time ${at}`);
  return isoDate(Math.floor((time + hoursAhead(time) * 3_600_000) / DAY_MS));
}

/** The first instant after a Dutch day (ISO date), as an ISO date-time. */
export function endOfDay(date: string): string {
  const midnight = (dayNumber(date) + 1) * DAY_MS;
  // The clock never changes at midnight, so the hours just before it are those of midnight itself.
  const hour = 24 - hoursAhead(midnight - 2 * 3_600_000);
  return `${date}T${hour}:00:00Z`;
}

/** The date a number of calendar days after a date. */
export function daysAfter(date: string, days: number): string {
  return isoDate(dayNumber(date) + days);
}
