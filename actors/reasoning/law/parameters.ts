/**
 * Figures that change by date: each is read for the day of the event, so that a replay of 2023 counts with
 * 2023's figures. The figures themselves are reviewed data in `rules/`.
 * @module
 */
import { Reject } from "../../processor.ts";
import type { Source, SourceCertainty } from "./source.ts";

/** A figure with its history. */
export interface Dated<T> {
  readonly id: string;
  readonly source: Source;
  /** Values in order of their first day. `certainty` where it differs from the source's. */
  readonly values: readonly {
    readonly from: string;
    readonly value: T;
    readonly certainty?: SourceCertainty;
  }[];
  /** First day for which no value was found; from then on the last one is carried forward, and marked so. */
  readonly known_until?: string;
}

/** The value of a day, with how certain it is. */
interface FoundValue<T> {
  readonly value: T;
  readonly certainty: SourceCertainty;
  /** True when no value was published for this day and the last one known is used instead. */
  readonly carried: boolean;
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
  const found = parameter.values.findLast((entry) => entry.from <= date);
  if (!found) throw new MissingValue(`No ${parameter.id} is known for ${date}`);
  return {
    value: found.value,
    certainty: found.certainty ?? parameter.source.certainty,
    carried: parameter.known_until !== undefined && date >= parameter.known_until,
  };
}

/**
 * The value on a day, for use in a decision. Throws MissingValue for an unverified one: such a figure may be shown
 * as unverified (`findValue`), never used silently.
 */
export function valueOn<T>(parameter: Dated<T>, day: string): T {
  const found = findValue(parameter, day);
  if (found.certainty === "unverified") {
    throw new MissingValue(`${parameter.id} is unverified on ${day.slice(0, 10)}`);
  }
  return found.value;
}
