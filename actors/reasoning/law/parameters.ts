/**
 * Figures that change by date: each is read for the day of the event, so that a replay of 2023 counts with
 * 2023's figures. The figures themselves are reviewed data in `legal_parameters.ts` and `income_parameters.ts`.
 * @module
 */
import { Reject } from "../../processor.ts";
import type { Source, SourceCertainty } from "./source.ts";

/** A figure with its history. */
export interface Dated<T> {
  readonly id: string;
  readonly source: Source;
  /** Values in order of their first day. */
  readonly values: readonly DatedValue<T>[];
  /** The rise in each half year that is assumed where no value is known any more; it errs on the citizen's side. */
  readonly assumedRise?: number;
}

export interface DatedValue<T> {
  /** First day it holds, ISO date. */
  readonly from: string;
  /** First day for which it is not known to hold; absent where nothing says that it ends. */
  readonly until?: string;
  readonly value: T;
  /** Where they differ from those of the figure. */
  readonly certainty?: SourceCertainty;
  readonly source?: Source;
}

/** The value of a day, with how certain it is. */
interface FoundValue<T> {
  readonly value: T;
  /** First day of the value. */
  readonly from: string;
  /** First day for which it is not known to hold; absent where nothing says that it ends. */
  readonly until?: string;
  readonly certainty: SourceCertainty;
  readonly source: Source;
  /** True when no value is known for this day, and this is the last one before it. */
  readonly expired: boolean;
}

/** Used for figures whose first day was not researched: they hold for every day this runtime sees. */
export const ALWAYS = "1900-01-01";

/** There is no value for this day, and there will be none at the next try. */
export class MissingValue extends Reject {
  override name = "MissingValue";
}

/** The value on a day (ISO date or date-time) with its certainty. Throws MissingValue before the first known day. */
export function findValue<T>(parameter: Dated<T>, day: string): FoundValue<T> {
  const date = day.slice(0, 10);
  const found = entryOf(parameter, date);
  if (!found) throw new MissingValue(`No ${parameter.id} is known for ${date}`);
  const source = found.source ?? parameter.source;
  return {
    value: found.value,
    from: found.from,
    ...(found.until === undefined ? {} : { until: found.until }),
    certainty: found.certainty ?? source.certainty,
    source,
    expired: isExpired(found, date),
  };
}

/** Values by the id of their figure. */
export type FigureValues = ReadonlyMap<string, readonly DatedValue<unknown>[]>;

/** Those that a candidate tries in the place of the reviewed ones. */
let tried: FigureValues | undefined;

/** Puts values in effect in the place of the reviewed ones; without any the reviewed ones. */
export function setFigures(values?: FigureValues): void {
  tried = values;
}

function valuesOf<T>({ id, values }: Dated<T>): readonly DatedValue<T>[] {
  return (tried?.get(id) as readonly DatedValue<T>[] | undefined) ?? values;
}

/** The first day for which a figure is known. */
export function firstDayOf(parameter: Dated<unknown>): string {
  return valuesOf(parameter)[0]!.from;
}

function entryOf<T>(parameter: Dated<T>, date: string): DatedValue<T> | undefined {
  return valuesOf(parameter).findLast((entry) => entry.from <= date);
}

function isExpired({ until }: DatedValue<unknown>, date: string): boolean {
  return until !== undefined && date >= until;
}

/**
 * The value on a day, for use in a decision. Throws MissingValue for one that has expired or is unverified: such a
 * figure may be shown as what it is (`findValue`), never used silently.
 */
export function valueOn<T>(parameter: Dated<T>, day: string): T {
  const found = findValue(parameter, day);
  if (found.expired) throw new MissingValue(`${parameter.id} is not known on ${day.slice(0, 10)}`);
  if (found.certainty === "unverified") {
    throw new MissingValue(`${parameter.id} is unverified on ${day.slice(0, 10)}`);
  }
  return found.value;
}

/** The days on which a figure changes, or is no longer known, in order. */
export function changesOf(parameter: Dated<unknown>): string[] {
  return valuesOf(parameter).flatMap(({ from, until }) => until === undefined ? [from] : [from, until]);
}

/** True when a decision of this day may rest on the figure. */
export function isKnownOn(parameter: Dated<unknown>, day: string): boolean {
  const date = day.slice(0, 10);
  const found = entryOf(parameter, date);
  return found !== undefined && !isExpired(found, date) &&
    (found.certainty ?? parameter.source.certainty) !== "unverified";
}

/** An amount of a day: the published one, or the last one raised by the assumed index. */
export interface RaisedAmount {
  /** Cents. */
  readonly cents: number;
  /** The last published amount, in cents; the same where it still holds. */
  readonly published: number;
  /** First day of the published amount. */
  readonly from: string;
  readonly certainty: SourceCertainty;
  /** The assumed rise in all, as a share; 0 where the published amount still holds. */
  readonly raised: number;
}

/** The amount on a day, raised by the assumed index for each half year without a published one. */
export function amountOn(parameter: Dated<number>, day: string): RaisedAmount {
  const { value, from, certainty, expired } = findValue(parameter, day);
  if (!expired) return { cents: value, published: value, from, certainty, raised: 0 };
  if (parameter.assumedRise === undefined) throw new MissingValue(`${parameter.id} is not known on ${day}`);
  const halfYears = halfYearsSince(entryOf(parameter, day.slice(0, 10))!.until!, day);
  const raised = (1 + parameter.assumedRise) ** halfYears - 1;
  return {
    cents: Math.ceil(value * (1 + raised)),
    published: value,
    from,
    certainty: "assumption",
    raised: Math.round(raised * 1e4) / 1e4,
  };
}

/** Half years that have begun from one day up to and including another: figures of income change on 1 January and 1 July. */
function halfYearsSince(from: string, day: string): number {
  const halves = (date: string) => Number(date.slice(0, 4)) * 2 + (date.slice(5, 7) < "07" ? 0 : 1);
  return halves(day) - halves(from) + 1;
}
