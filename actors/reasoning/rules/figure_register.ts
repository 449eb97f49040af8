/** Every dated figure and table in one list: what holds on a day, how sure it is, and what must be looked up anew. @module */
import { assistanceNorm, beslagvrijeVoetMax } from "../law/income_parameters.ts";
import * as legal from "../law/legal_parameters.ts";
import { type Dated, findValue, MissingValue } from "../law/parameters.ts";
import type { SourceCertainty } from "../law/source.ts";
import { daysBetween, decreedDays } from "../law/working_days.ts";
import { decisionTables } from "./decision_table.ts";
import { stepTables } from "./next_steps_table.ts";
import { reviewTables } from "./review_table.ts";

/** A figure or a table as it stands on a day. */
export interface RegisteredFigure {
  readonly id: string;
  /** `unknown`: none was found for the day or before it. */
  readonly status: "holds" | "expires" | "expired" | "unknown";
  /** First day of the value, ISO date. */
  readonly from?: string;
  /** First day for which it is not known to hold; absent where nothing says that it ends. */
  readonly until?: string;
  readonly certainty: SourceCertainty;
  /** What is done from that day on. */
  readonly then: string;
  readonly source: string;
}

/** The figures of law and income, in the order of their files. */
export const datedFigures: readonly Dated<unknown>[] = [
  ...Object.values(beslagvrijeVoetMax),
  ...Object.values(assistanceNorm),
  ...Object.values(legal).filter((each) => "values" in each),
  decreedDays,
];

/** All of them on a day; what ends within so many days after it `expires`. */
export function figuresOn(day: string, withinDays: number): RegisteredFigure[] {
  return [...datedFigures.map((figure) => registered(figure, day, withinDays)), ...tablesOn(day, withinDays)];
}

function registered(figure: Dated<unknown>, day: string, withinDays: number): RegisteredFigure {
  const { id, source, assumedRise } = figure;
  const then = assumedRise === undefined
    ? "no value: what needs it waits for a person"
    : `raised by ${Math.round(assumedRise * 1000) / 10}% a half year, an assumption`;
  try {
    const { from, until, certainty, source: found } = findValue(figure, day);
    const status = statusOf(until, day, withinDays);
    return {
      id,
      status,
      from,
      ...(until === undefined ? {} : { until }),
      certainty,
      then,
      source: found.law,
    };
  } catch (error) {
    if (!(error instanceof MissingValue)) throw error;
    return { id, status: "unknown", certainty: "unverified", then, source: source.law };
  }
}

function statusOf(until: string | undefined, day: string, withinDays: number): RegisteredFigure["status"] {
  if (until === undefined) return "holds";
  if (until <= day) return "expired";
  return daysBetween(day, until) <= withinDays ? "expires" : "holds";
}

function tablesOn(day: string, withinDays: number): RegisteredFigure[] {
  return [...decisionTables, ...reviewTables, ...stepTables].map((table) => ({
    id: `table ${table.id} ${table.version}`,
    status: statusOf(table.valid_until, day, withinDays),
    from: table.valid_from,
    ...(table.valid_until === undefined ? {} : { until: table.valid_until }),
    certainty: "policy",
    then: "nothing can be decided",
    source: "reviewed rules",
  }));
}
