/** The chart of the workflow with the place of a case in it, in layers from its begin to its ends. Pure. @module */
import type { Chart } from "../../../actors/workflow/workflow.ts";
import type { Step } from "./case_history.ts";

/** A state of the chart, as it looks from where a case stands. */
export interface ChartNode {
  readonly name: string;
  readonly isHere: boolean;
  /** The versions with which the case came here. */
  readonly versions: readonly number[];
  /** What would lead here from where the case stands: types of events. */
  readonly by: readonly string[];
}

/** The layers of a chart for a case that stands where these steps lead. */
export function caseChart(chart: Chart, steps: readonly Step[]): readonly (readonly ChartNode[])[] {
  const here = steps.at(-1)?.state ?? chart.begins;
  const entered = steps.filter(({ state }, i) => state !== (steps[i - 1]?.state ?? chart.begins));
  return layersOf(chart).map((names) =>
    names.map((name) => ({
      name,
      isHere: name === here,
      versions: entered.filter(({ state }) => state === name).map(({ version }) => version),
      by: movesBetween(chart, here, name),
    }))
  );
}

function movesBetween({ moves }: Chart, from: string, to: string): readonly string[] {
  if (from === to) return [];
  const types = moves.filter((move) => move.from === from && move.to === to).map(({ on }) =>
    on.split(":")[0]!
  );
  return [...new Set(types)];
}

/**
 * States by how many moves they lie behind the begin, ends last. A move that most states have alike can come at any time: it
 * says nothing of the order, and leads to the first layer behind those that only other moves reach.
 */
export function layersOf(chart: Chart): readonly (readonly string[])[] {
  const { begins, states } = chart;
  const ends = new Set(states.filter(({ kind }) => kind === "end").map(({ name }) => name));
  const local = localMoves(chart);
  const ranks = new Map<string, number>();
  walkFrom(local, [begins], 0, ranks);
  const behind = Math.max(...ranks.values()) + 1;
  const isSource = (name: string) => !local.some(({ from, to }) => to === name && !ends.has(from));
  const rest = states.map(({ name }) => name).filter((name) => !ranks.has(name) && !ends.has(name));
  walkFrom(local, rest.filter(isSource), behind, ranks);
  const layers = new Map<number, string[]>();
  for (const { name } of states) {
    const rank = ends.has(name) ? Infinity : ranks.get(name) ?? behind;
    layers.set(rank, [...layers.get(rank) ?? [], name]);
  }
  return [...layers].sort(([a], [b]) => a - b).map(([, names]) => names);
}

function localMoves({ states, moves }: Chart): Chart["moves"] {
  const leaving = moves.filter(({ from, to }) => from !== to);
  const waits = states.filter(({ kind }) => kind !== "end").length;
  const countOf = (on: string, to: string) =>
    leaving.filter((each) => each.on === on && each.to === to).length;
  return leaving.filter(({ on, to }) => countOf(on, to) < waits / 2);
}

function walkFrom(
  moves: Chart["moves"],
  from: readonly string[],
  rank: number,
  ranks: Map<string, number>,
): void {
  const fresh = from.filter((name) => !ranks.has(name));
  for (const name of fresh) ranks.set(name, rank);
  const next = fresh.flatMap((name) => moves.filter((move) => move.from === name).map(({ to }) => to));
  if (next.length > 0) walkFrom(moves, next, rank + 1, ranks);
}
