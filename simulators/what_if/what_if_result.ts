/** The figures of a comparison as programs read them: snake_case, euros, shares with their intervals. Pure. @module */
import { dataWithTwoDecimals } from "../../schema/codec.ts";
import { writtenEuros } from "../../schema/money.ts";
import { type Dimension, dimensions } from "./case_facts.ts";
import {
  type BreakdownRow,
  type ComparisonFigures,
  type PointDifference,
  sidesOf,
} from "./comparison_figures.ts";
import type { ShownEvent } from "./decision_point.ts";
import type { PlayedSide, PlayedSums } from "./played_sums.ts";

/** What was compared with what. */
interface ComparedWith {
  readonly mode: "decisions" | "whole";
  readonly sample: number;
  readonly seed: string;
  /** What is other than it is, in words; nothing: the current version beside itself. */
  readonly changes: readonly string[];
  /** False when it was stopped before its end. */
  readonly complete: boolean;
}

export type WhatIfResult = ReturnType<typeof whatIfResult>;

const euros = (cents: number) => writtenEuros(cents / 100);

export function whatIfResult(figures: ComparisonFigures, compared: ComparedWith) {
  const { differences, differingCases, cases, points, events, wording, failures, undecided, unreadable } =
    figures;
  return {
    differences,
    differing_cases: differingCases,
    cases,
    decision_points: points,
    events,
    wording_only: wording,
    failures,
    undecided,
    unreadable,
    ...compared,
    matrix: matrixOf(figures),
    breakdowns: Object.fromEntries(
      dimensions.map((name) => [name, breakdownOf(figures.breakdowns[name])]),
    ) as Record<Dimension, ReturnType<typeof breakdownOf>>,
    first_differences: figures.first.map(shownDifference),
    examples: chosenExamples(figures),
    failed: figures.failed.map(({ position, caseId, processor, error }) => ({
      position,
      case_id: caseId,
      processor,
      error,
    })),
    ...(compared.mode === "whole" ? { simulated: simulatedOf(figures.played) } : {}),
  };
}

/** The outcomes that differ, then those that stay, each by how many there are. */
function matrixOf({ matrix }: ComparisonFigures) {
  return Object.entries(matrix).map(([cell, { points, cents, people, groundsOnly }]) => {
    const [before, after] = sidesOf(cell);
    return {
      before,
      after,
      points,
      differing: before === after ? groundsOnly : points,
      people: new Set(people).size,
      euros: euros(cents),
    };
  }).sort((a, b) =>
    Number(a.before === a.after) - Number(b.before === b.after) || b.differing - a.differing ||
    b.points - a.points ||
    (a.before < b.before ? -1 : 1)
  );
}

/** Fewer cases than this may be one person: they are put under one name. */
const FEW = 5;
export const FEW_NAME = `values of fewer than ${FEW} cases`;

function breakdownOf(rows: Readonly<Record<string, BreakdownRow>>) {
  const few = { cases: 0, differing: 0, cents: 0 };
  const shown = Object.entries(rows).filter(([, row]) => {
    if (row.cases >= FEW) return true;
    for (const name of ["cases", "differing", "cents"] as const) few[name] += row[name];
    return false;
  });
  const all = few.cases === 0 ? shown : [...shown, [FEW_NAME, few] as const];
  return all.map(([value, row]) => ({
    value,
    cases: row.cases,
    differing: row.differing,
    ...shareOf(row.differing, row.cases),
    euros: euros(row.cents),
  })).sort((a, b) => b.differing - a.differing || b.cases - a.cases || (a.value < b.value ? -1 : 1));
}

const Z_95 = 1.959964;

/** A share with its interval of 95% by Wilson, which holds for small numbers too. */
export function shareOf(part: number, whole: number): { share: number; low: number; high: number } {
  if (whole === 0) return { share: 0, low: 0, high: 1 };
  const p = part / whole, z2 = Z_95 ** 2;
  const middle = (p + z2 / (2 * whole)) / (1 + z2 / whole);
  const half = Z_95 / (1 + z2 / whole) * Math.sqrt(p * (1 - p) / whole + z2 / (4 * whole ** 2));
  const rounded = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4;
  return { share: rounded(p), low: rounded(middle - half), high: rounded(middle + half) };
}

const MOST_EXAMPLES = 10;

/** Ten of them, from as many different outcomes as there are: first one of each, the most frequent first. */
function chosenExamples({ examples, matrix }: ComparisonFigures) {
  const cells = Object.keys(examples).sort((a, b) =>
    matrix[b]!.points - matrix[a]!.points || (a < b ? -1 : 1)
  );
  const chosen: PointDifference[] = [];
  for (let round = 0; chosen.length < MOST_EXAMPLES; round++) {
    const found = cells.flatMap((cell) => examples[cell]!.slice(round, round + 1));
    if (found.length === 0) break;
    chosen.push(...found.slice(0, MOST_EXAMPLES - chosen.length));
  }
  return chosen.map(({ sides, ...difference }) => ({
    ...shownDifference(difference),
    before_events: (sides?.[0] ?? []).map(withEuros),
    after_events: (sides?.[1] ?? []).map(withEuros),
  }));
}

function withEuros({ event_type, data }: ShownEvent): ShownEvent {
  return { event_type, data: dataWithTwoDecimals(event_type, data) };
}

function shownDifference({ position, caseId, eventType, processor, before, after, claim }: PointDifference) {
  return { position, case_id: caseId, event_type: eventType, processor, before, after, claim: euros(claim) };
}

/** What became of the cases that were played on: under both versions, by the same citizens. */
function simulatedOf(played: Readonly<Record<string, PlayedSums>>) {
  const rows = Object.entries(played).sort(([, a], [, b]) => b.cases - a.cases);
  const sum = (side: "before" | "after") =>
    rows.reduce((all, [, sums]) => addSides(all, sums[side]), { ...NO_SIDE });
  return {
    cases: rows.reduce((all, [, { cases }]) => all + cases, 0),
    before: shownSide(sum("before")),
    after: shownSide(sum("after")),
    outcomes: rows.map(([cell, { cases }]) => {
      const [before, after] = sidesOf(cell);
      return { before, after, cases };
    }),
  };
}

const NO_SIDE: PlayedSide = {
  resolved: 0,
  withdrawn: 0,
  escalated: 0,
  unfinished: 0,
  paid: 0,
  forgiven: 0,
  byPeople: 0,
  days: 0,
};

function addSides(one: PlayedSide, other: PlayedSide): PlayedSide {
  const names = Object.keys(one) as (keyof PlayedSide)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as PlayedSide;
}

function shownSide({ paid, forgiven, byPeople, days, ...outcomes }: PlayedSide) {
  const cases = Object.values(outcomes).reduce((all, count) => all + count, 0);
  return {
    ...outcomes,
    paid: euros(paid),
    forgiven: euros(forgiven),
    decisions_by_people: byPeople,
    mean_days: cases === 0 ? 0 : Math.round(days / cases),
  };
}
