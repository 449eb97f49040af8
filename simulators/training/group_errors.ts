/** Calibration and error of the model by group of people: what a person is is no feature, and may still make a difference. @module */
import { brier, type Prediction } from "./calibration.ts";
import { groupings, type SyntheticOutcome } from "./synthetic_outcomes.ts";

/** A prediction with the groups that the person is in. */
interface GroupedPrediction extends Prediction {
  readonly groups: SyntheticOutcome["groups"];
}

/** How well the model does on one group. Intervals are of 95 %. */
export interface GroupError {
  readonly grouping: keyof typeof groupings;
  readonly group: string;
  readonly count: number;
  readonly predicted: number;
  readonly observed: number;
  readonly observedInterval: readonly [number, number];
  readonly brier: number;
  readonly brierInterval: readonly [number, number];
}

/** The normal quantile of a two-sided interval of 95 %. */
const Z = 1.96;

/** Every group that someone is in, in the order of the schema. */
export function groupErrors(predictions: readonly GroupedPrediction[]): GroupError[] {
  const names = Object.keys(groupings) as (keyof typeof groupings)[];
  return names.flatMap((grouping) =>
    groupings[grouping].flatMap((group) => {
      const members = predictions.filter(({ groups }) => groups[grouping] === group);
      return members.length === 0 ? [] : [errorOf(grouping, group, members)];
    })
  );
}

function errorOf(
  grouping: GroupError["grouping"],
  group: string,
  members: readonly GroupedPrediction[],
): GroupError {
  const observed = mean(members.map(({ label }) => label));
  const error = brier(members);
  return {
    grouping,
    group,
    count: members.length,
    predicted: mean(members.map(({ chance }) => chance)),
    observed,
    observedInterval: wilsonInterval(observed, members.length),
    brier: error,
    brierInterval: around(error, deviationOf(members, error) / Math.sqrt(members.length)),
  };
}

/** The interval of a share by Wilson (1927): it holds for small groups, and near 0 and 1. */
export function wilsonInterval(share: number, count: number): readonly [number, number] {
  const weight = 1 + Z ** 2 / count;
  const middle = (share + Z ** 2 / (2 * count)) / weight;
  const half = Z / weight * Math.sqrt(share * (1 - share) / count + Z ** 2 / (4 * count ** 2));
  return [middle - half, middle + half];
}

function deviationOf(members: readonly Prediction[], error: number): number {
  return Math.sqrt(mean(members.map(({ chance, label }) => ((chance - label) ** 2 - error) ** 2)));
}

function around(value: number, standardError: number): readonly [number, number] {
  return [Math.max(0, value - Z * standardError), value + Z * standardError];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
