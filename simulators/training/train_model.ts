/**
 * Trains the model on simulated histories and writes its weights, its card and its calibration plot. The same seed
 * and count give the same bytes.
 * @module
 */
import {
  extractFeatures,
  type FeatureName,
  featureNames,
  type Missable,
  missable,
  quantise,
} from "../../actors/reasoning/model/features.ts";
import type { Head, HeadName, Weights } from "../../actors/reasoning/model/model.ts";
import {
  assumedSlopes,
  generateOutcomes,
  outcomeShares,
  type SyntheticOutcome,
} from "./synthetic_outcomes.ts";
import { groupErrors } from "./group_errors.ts";
import { brier, brierOfRate, calibrationBins, calibrationPlot, type Prediction } from "./calibration.ts";
import { fitLogistic, predict, type Sample } from "./logistic_regression.ts";
import {
  confidenceLost,
  type GroupErrors,
  type HeadReport,
  modelCard,
  type TrainingOptions,
  type TrainingResults,
} from "./model_card.ts";

/** L2 penalty on the weights of standardised features: keeps them finite where features overlap. */
const RIDGE = 1;

/** What each part of the model learns from: the histories under an action, and what counts as 1. */
const headTargets: Readonly<
  Record<HeadName, { action: SyntheticOutcome["action"]; outcome: SyntheticOutcome["outcome"] }>
> = {
  payment_plan: { action: "payment_plan", outcome: "resolved" },
  collect: { action: "collect", outcome: "resolved" },
  refer_assistance: { action: "refer_assistance", outcome: "resolved" },
  risk: { action: "collect", outcome: "escalated" },
};
const headNames = Object.keys(headTargets) as HeadName[];

/** Trains a model. Pure: same options, same bytes. */
export function trainModel(options: TrainingOptions) {
  const histories = generateOutcomes(options.seed, options.count);
  const split = Math.floor(histories.length * 0.8);
  const scale = scaleOf(histories.slice(0, split));
  const fits = headNames.map((name) => {
    const train = sampleOf(name, histories.slice(0, split), scale);
    const tested = historiesOf(name, histories.slice(split));
    return { name, train, tested, weights: fitLogistic(train, RIDGE), test: sampleOf(name, tested, scale) };
  });
  const weights: Weights = {
    version: "logistic-2",
    basis: "synthetic",
    features: featureNames,
    facts: missable,
    ...scale,
    heads: Object.fromEntries(fits.map((fit) => [fit.name, headOf(fit.weights)])) as Weights["heads"],
    forgive: outcomeShares.forgive.resolved,
    confidence_lost: confidenceLostOf(fits),
  };
  const results = { heads: fits.map(reportOf), groups: groupsOf(fits) };
  return { weights, ...results, files: filesOf(options, weights, results) };
}

interface Fit {
  readonly name: HeadName;
  readonly train: Sample;
  /** Histories held out, and the sample they are. */
  readonly tested: readonly SyntheticOutcome[];
  readonly test: Sample;
  readonly weights: Float64Array;
}

type Scale = Pick<Weights, "mean" | "deviation" | "least" | "most">;

/** Mean, deviation and range of each feature where it is known. The range leaves out one in a thousand at each end. */
function scaleOf(histories: readonly SyntheticOutcome[]): Scale {
  const rows = histories.map(({ intake }) => extractFeatures(intake).values);
  const columns = featureNames.map((_, f) =>
    Float64Array.from(rows.map((row) => row[f]!).filter((value) => !Number.isNaN(value))).sort()
  );
  const mean = columns.map((column) => column.reduce((sum, v) => sum + v, 0) / column.length);
  const deviation = columns.map((column, f) =>
    Math.sqrt(column.reduce((sum, v) => sum + (v - mean[f]!) ** 2, 0) / column.length)
  );
  const at = (share: number) => columns.map((column) => column[Math.floor(share * (column.length - 1))]!);
  return {
    mean: mean.map(quantise),
    deviation: deviation.map((value) => Math.max(1e-4, quantise(value))),
    least: at(0.001).map(quantise),
    most: at(0.999).map(quantise),
  };
}

/**
 * Bias and standardised features: 0 where missing, and where a feature has no effect on the action, so that its weight is
 * 0 as well and it is never given as a reason. Facts are missing at random: that one is says nothing by itself.
 */
function rowOf(
  { intake, action }: SyntheticOutcome,
  { mean, deviation, least, most }: Scale,
): Float64Array {
  const { values } = extractFeatures(intake);
  const row = new Float64Array(1 + featureNames.length);
  row[0] = 1;
  for (let f = 0; f < values.length; f++) {
    if (Number.isNaN(values[f]!) || assumedSlopes[action][featureNames[f]!] === undefined) continue;
    row[1 + f] = (Math.min(most[f]!, Math.max(least[f]!, values[f]!)) - mean[f]!) / deviation[f]!;
  }
  return row;
}

function historiesOf(name: HeadName, histories: readonly SyntheticOutcome[]): SyntheticOutcome[] {
  return histories.filter(({ action }) => action === headTargets[name].action);
}

function sampleOf(name: HeadName, histories: readonly SyntheticOutcome[], scale: Scale): Sample {
  const of = historiesOf(name, histories);
  return {
    rows: of.map((history) => rowOf(history, scale)),
    labels: of.map(({ outcome }) => Number(outcome === headTargets[name].outcome)),
  };
}

function headOf(weights: Float64Array): Head {
  const [bias, ...others] = [...weights].map(quantise);
  return { bias: bias!, weights: others };
}

function predictions({ test, weights }: Fit): Prediction[] {
  return test.rows.map((row, i) => ({ chance: predict(weights, row), label: test.labels[i]! }));
}

/** Success of the action taken, and escalation under collection, by group. */
function groupsOf(fits: readonly Fit[]): GroupErrors {
  const grouped = (of: readonly Fit[]) =>
    groupErrors(
      of.flatMap((fit) =>
        predictions(fit).map((prediction, i) => ({ ...prediction, groups: fit.tested[i]!.groups }))
      ),
    );
  return {
    success: grouped(fits.filter(({ name }) => name !== "risk")),
    risk: grouped(fits.filter(({ name }) => name === "risk")),
  };
}

function reportOf(fit: Fit): HeadReport {
  const made = predictions(fit);
  return {
    name: fit.name,
    trained: fit.train.rows.length,
    tested: fit.test.rows.length,
    brier: brier(made),
    brierOfRate: brierOfRate(made),
    bins: calibrationBins(made),
  };
}

/** Which features a fact makes known. */
const factFields: Readonly<Record<Missable, readonly FeatureName[]>> = {
  monthly_income: ["claim_to_income", "debts_to_income", "income"],
  total_debt: ["debts_to_income"],
  creditors: ["creditors"],
  threats: ["threat"],
  debt_type: [],
};

/** Divides the confidence lost over the facts of the profile by what hiding each costs in Brier score. */
function confidenceLostOf(fits: readonly Fit[]): number[] {
  const profile = missable.filter((fact) => fact !== "debt_type");
  const costs = profile.map((fact) =>
    Math.max(
      1e-4,
      fits.reduce((sum, fit) => sum + brier(predictions(hiding(fact, fit))) - brier(predictions(fit)), 0),
    )
  );
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const lost = costs.map((cost) => quantise(confidenceLost.profile * cost / total));
  // The first takes what rounding left over, so that they add up; the debt type is the last of the facts.
  const others = lost.slice(1).reduce((sum, each) => sum + each, 0);
  return [quantise(confidenceLost.profile - others), ...lost.slice(1), confidenceLost.debt_type];
}

function hiding(fact: Missable, fit: Fit): Fit {
  const rows = fit.test.rows.map((row) => {
    const hidden = row.slice();
    for (const name of factFields[fact]) hidden[1 + featureNames.indexOf(name)] = 0;
    return hidden;
  });
  return { ...fit, test: { rows, labels: fit.test.labels } };
}

function filesOf(
  options: TrainingOptions,
  weights: Weights,
  results: TrainingResults,
): Record<"weights.json" | "CARD.md" | "calibration.svg", string> {
  const series = Object.fromEntries(results.heads.map(({ name, bins }) => [name, bins]));
  return {
    "weights.json": JSON.stringify(weights, null, 2) + "\n",
    "CARD.md": modelCard(options, weights, results),
    "calibration.svg": calibrationPlot(
      `Calibration of ${weights.version}, held-out simulated histories`,
      series,
    ),
  };
}

async function writeModel({ files }: ReturnType<typeof trainModel>, directory: URL | string): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(new URL(name, directory), text);
  }
}

/** The seed and size of the model in use: `trainModel(currentTraining)` gives its files again. */
export const currentTraining: TrainingOptions = { seed: "zaakstroom", count: 30_000 };

if (import.meta.main) {
  await writeModel(trainModel(currentTraining), new URL("../../actors/reasoning/model/", import.meta.url));
}
