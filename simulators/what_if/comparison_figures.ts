/** The figures of a comparison: sums that are added up, whoever counted them and in whatever order. Pure. @module */
import { type Dimension, dimensions } from "./case_facts.ts";
import type { ShownEvent } from "./decision_point.ts";
import type { PlayedSums } from "./played_sums.ts";

/** Decision points with one outcome before and one after. */
interface MatrixCell {
  points: number;
  /** Claims of these points, in cents. */
  cents: number;
  /** Persons, by their numbers; only where something differs. */
  people: number[];
  /** Those of `points` that differ in their grounds alone. */
  groundsOnly: number;
}

/** Cases with one value of a dimension. */
export interface BreakdownRow {
  cases: number;
  differing: number;
  /** Claims of the cases that differ, in cents. */
  cents: number;
}

/** Where two versions differ, with what each of them would store. */
export interface PointDifference {
  readonly position: number;
  readonly caseId: string;
  readonly eventType: string;
  readonly processor: string;
  readonly before: string;
  readonly after: string;
  readonly claim: number;
  /** What each version would store. */
  readonly sides?: readonly [readonly ShownEvent[], readonly ShownEvent[]];
}

/** A point at which the candidate threw. */
interface PointFailure {
  readonly position: number;
  readonly caseId: string;
  readonly processor: string;
  readonly error: string;
}

export interface ComparisonFigures {
  events: number;
  cases: number;
  points: number;
  /** Points whose outcome or grounds differ. */
  differences: number;
  /** Points where texts alone differ. */
  wording: number;
  differingCases: number;
  /** Points at which the candidate failed, and at which the current version did too. */
  failures: number;
  undecided: number;
  /** Events that can't be read, and those of cases whose beginning was not read. */
  unreadable: number;
  matrix: Record<string, MatrixCell>;
  breakdowns: Record<Dimension, Record<string, BreakdownRow>>;
  first: PointDifference[];
  /** A few of each cell, with both sides. */
  examples: Record<string, PointDifference[]>;
  failed: PointFailure[];
  played: Record<string, PlayedSums>;
}

export const MOST_FIRST = 50;
export const EXAMPLES_EACH = 10;
const MOST_FAILED = 20;
const ARROW = " → ";

export const cellOf = (before: string, after: string) => `${before}${ARROW}${after}`;
export const sidesOf = (cell: string) => cell.split(ARROW) as [string, string];

export function noFigures(): ComparisonFigures {
  return {
    events: 0,
    cases: 0,
    points: 0,
    differences: 0,
    wording: 0,
    differingCases: 0,
    failures: 0,
    undecided: 0,
    unreadable: 0,
    matrix: {},
    breakdowns: Object.fromEntries(dimensions.map((name) => [name, {}])) as ComparisonFigures["breakdowns"],
    first: [],
    examples: {},
    failed: [],
    played: {},
  };
}

const counts = [
  "events",
  "cases",
  "points",
  "differences",
  "wording",
  "differingCases",
  "failures",
  "undecided",
  "unreadable",
] as const;

/** Adds figures to a sum. */
export function addFigures(sum: ComparisonFigures, more: ComparisonFigures): void {
  for (const name of counts) sum[name] += more[name];
  for (const [cell, { points, cents, people, groundsOnly }] of Object.entries(more.matrix)) {
    const into = sum.matrix[cell] ??= { points: 0, cents: 0, people: [], groundsOnly: 0 };
    into.points += points;
    into.cents += cents;
    into.groundsOnly += groundsOnly;
    // One by one: those of an earlier run may be more than a call takes arguments.
    for (const person of people) into.people.push(person);
  }
  for (const name of dimensions) addRows(sum.breakdowns[name], more.breakdowns[name]);
  for (const [cell, played] of Object.entries(more.played)) addPlayed(sum.played, cell, played);
  sum.first = [...sum.first, ...more.first].sort((a, b) => a.position - b.position).slice(0, MOST_FIRST);
  sum.failed = [...sum.failed, ...more.failed].sort((a, b) => a.position - b.position).slice(0, MOST_FAILED);
  for (const [cell, found] of Object.entries(more.examples)) {
    sum.examples[cell] = [...sum.examples[cell] ?? [], ...found].slice(0, EXAMPLES_EACH);
  }
}

function addRows(sum: Record<string, BreakdownRow>, more: Readonly<Record<string, BreakdownRow>>): void {
  for (const [value, { cases, differing, cents }] of Object.entries(more)) {
    const into = sum[value] ??= { cases: 0, differing: 0, cents: 0 };
    into.cases += cases;
    into.differing += differing;
    into.cents += cents;
  }
}

function addPlayed(sum: Record<string, PlayedSums>, cell: string, more: PlayedSums): void {
  const into = sum[cell];
  if (into === undefined) {
    sum[cell] = structuredClone(more) as PlayedSums;
    return;
  }
  into.cases += more.cases;
  for (const side of ["before", "after"] as const) {
    for (const name of Object.keys(into[side]) as (keyof typeof into.before)[]) {
      into[side][name] += more[side][name];
    }
  }
}
