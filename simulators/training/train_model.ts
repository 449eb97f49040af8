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
import { generateOutcomes, outcomeShares, type SyntheticOutcome } from "./synthetic_outcomes.ts";
import { brier, brierOfRate, calibrationBins, calibrationPlot, type Prediction } from "./calibration.ts";
import { fitLogistic, predict, type Sample } from "./logistic_regression.ts";
import { confidenceLost, type HeadReport, modelCard, type TrainingOptions } from "./model_card.ts";

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
    return {
      name,
      train,
      weights: fitLogistic(train, RIDGE),
      test: sampleOf(name, histories.slice(split), scale),
    };
  });
  const weights: Weights = {
    version: "logistic-1",
    features: featureNames,
    facts: missable,
    ...scale,
    heads: Object.fromEntries(fits.map((fit) => [fit.name, headOf(fit.weights)])) as Weights["heads"],
    forgive: outcomeShares.forgive.resolved,
    confidence_lost: confidenceLostOf(fits),
  };
  const reports = fits.map(reportOf);
  return { weights, reports, files: filesOf(options, weights, reports) };
}

interface Fit {
  readonly name: HeadName;
  readonly train: Sample;
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

/** Bias, standardised features (0 where missing), and a column for each fact that may be missing. */
function rowOf({ intake }: SyntheticOutcome, { mean, deviation, least, most }: Scale): Float64Array {
  const { values, missing } = extractFeatures(intake);
  const row = new Float64Array(1 + featureNames.length + missable.length);
  row[0] = 1;
  for (let f = 0; f < values.length; f++) {
    if (Number.isNaN(values[f]!)) continue;
    row[1 + f] = (Math.min(most[f]!, Math.max(least[f]!, values[f]!)) - mean[f]!) / deviation[f]!;
  }
  for (const fact of missing) row[1 + featureNames.length + fact] = 1;
  return row;
}

function sampleOf(name: HeadName, histories: readonly SyntheticOutcome[], scale: Scale): Sample {
  const { action, outcome } = headTargets[name];
  const of = histories.filter((history) => history.action === action);
  return {
    rows: of.map((history) => rowOf(history, scale)),
    labels: of.map((history) => Number(history.outcome === outcome)),
  };
}

function headOf(weights: Float64Array): Head {
  const values = [...weights].map(quantise);
  return {
    bias: values[0]!,
    weights: values.slice(1, 1 + featureNames.length),
    missing: values.slice(1 + featureNames.length),
  };
}

function predictions({ test, weights }: Fit): Prediction[] {
  return test.rows.map((row, i) => ({ chance: predict(weights, row), label: test.labels[i]! }));
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
  debt_type: ["public_claim", "vital_claim", "fine"],
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
  // The debt type is the last of the facts.
  return [...lost, confidenceLost.debt_type];
}

function hiding(fact: Missable, fit: Fit): Fit {
  const rows = fit.test.rows.map((row) => {
    const hidden = row.slice();
    for (const name of factFields[fact]) hidden[1 + featureNames.indexOf(name)] = 0;
    hidden[1 + featureNames.length + missable.indexOf(fact)] = 1;
    return hidden;
  });
  return { ...fit, test: { rows, labels: fit.test.labels } };
}

function filesOf(
  options: TrainingOptions,
  weights: Weights,
  reports: readonly HeadReport[],
): Record<"weights_v1.json" | "CARD.md" | "calibration.svg", string> {
  const series = Object.fromEntries(reports.map(({ name, bins }) => [name, bins]));
  return {
    "weights_v1.json": JSON.stringify(weights, null, 2) + "\n",
    "CARD.md": modelCard(options, weights, reports),
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
