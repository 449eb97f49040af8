/**
 * The trained model: what is likely to become of a case under each action, as logistic regressions whose weights are
 * data (`model/weights.json`, made by `simulators/training/train_model.ts`; read `model/CARD.md` before leaning on it).
 *
 * Reproducible to the bit: V8 computes `Math.exp` and `Math.log` in its own software, alike on every platform, and
 * every output is quantised besides.
 * @module
 */
import type { DataOf } from "../../../schema/events.ts";
import { cents } from "../../../schema/money.ts";
import { extractFeatures, featureNames, type Features, missable, quantise } from "./features.ts";
import { valueOn } from "../law/parameters.ts";
import { mayBeForgiven } from "../rules/debt_classes.ts";
import { collectionCost } from "../law/legal_parameters.ts";
import type { CaseAction } from "../rules/decision_table.ts";
import weightsInUse from "./weights.json" with { type: "json" };

/** Why a score is what it is. */
interface ReasonCode {
  /** A feature, `missing:<fact>`, `outside_training:<feature>` or a mark. */
  readonly code: string;
  /** What it adds to the log-odds of success; only of a feature. */
  readonly effect?: number;
}

/** A model's score of a case, without the case's id. */
type Score =
  & Pick<
    DataOf<"case.analysis">,
    "risk_score" | "success_probability" | "recommended_action" | "estimated_savings" | "analysis_confidence"
  >
  & { readonly reason_codes: readonly ReasonCode[] };

/** A model: pure and deterministic. `at` is the time of the event, for figures by date. */
export interface Model {
  readonly version: string;
  readonly basis: Basis;
  score(intake: DataOf<"case.intake">, at: string): Score;
}

/** One logistic regression over the standardised features; 0 for a feature that it does not use. */
export interface Head {
  readonly bias: number;
  readonly weights: readonly number[];
}

/** What a model was trained on: simulated histories, or what became of real cases. */
type Basis = NonNullable<DataOf<"case.analysis">["basis"]>;

export type HeadName = "payment_plan" | "collect" | "refer_assistance" | "risk";

/** The weights file. */
export interface Weights {
  readonly version: string;
  readonly basis: Basis;
  readonly features: readonly string[];
  /** What may be missing. */
  readonly facts: readonly string[];
  /** To standardise: (value - mean) / deviation. A missing value counts as the mean. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** Range seen in training; what is outside is clamped, and said in the reason codes. */
  readonly least: readonly number[];
  readonly most: readonly number[];
  readonly heads: Readonly<Record<HeadName, Head>>;
  /** Success of forgiving, a rate that depends on no feature. */
  readonly forgive: number;
  /** When a fact is missing, in the order of the facts. */
  readonly confidence_lost: readonly number[];
}

/** How many features explain a score. */
const EXPLAINED = 4;
/** Confidence lost for each feature outside what the model was trained on: an assumption. */
const LOST_OUTSIDE = 0.1;

function probability(logOdds: number): number {
  return quantise(1 / (1 + Math.exp(-logOdds)));
}

/** Builds a model from its weights. Throws a RangeError for weights made for other features or facts. */
export function modelOf(weights: Weights): Model {
  if (weights.features.join() !== featureNames.join() || weights.facts.join() !== missable.join()) {
    throw new RangeError(`Cannot use model ${weights.version}: it was trained on other features`);
  }
  const { version, basis } = weights;
  return { version, basis, score: (intake, at) => scoreWith(weights, intake, at) };
}

function scoreWith(weights: Weights, intake: DataOf<"case.intake">, at: string): Score {
  const features = extractFeatures(intake);
  const x = standardised(weights, features);
  const chance = (head: HeadName) => probability(logOdds(weights.heads[head], x.values));
  const chances: Record<CaseAction, number> = {
    forgive: weights.forgive,
    payment_plan: chance("payment_plan"),
    refer_assistance: chance("refer_assistance"),
    collect: chance("collect"),
  };
  const cost = valueOn(collectionCost, at);
  const action = recommend(intake, chances, cost);
  return {
    risk_score: Math.round(chance("risk") * 1000) / 10,
    success_probability: chances[action],
    recommended_action: action,
    estimated_savings: savings(action, chances[action], cost),
    analysis_confidence: confidence(weights, features.missing, x.outside.length),
    reason_codes: reasons(weights, action, x, features.missing),
  };
}

interface Standardised {
  readonly values: Float64Array;
  readonly outside: readonly number[];
}

const NONE: readonly number[] = [];

/** In place: nothing else holds the features of this case. */
function standardised(weights: Weights, { values }: Features): Standardised {
  let outside: number[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      values[i] = 0; // Missing: the mean, which is 0 here.
      continue;
    }
    const clamped = Math.min(weights.most[i]!, Math.max(weights.least[i]!, value));
    if (clamped !== value) (outside ??= []).push(i);
    values[i] = (clamped - weights.mean[i]!) / weights.deviation[i]!;
  }
  return { values, outside: outside ?? NONE };
}

function logOdds(head: Head, x: Float64Array): number {
  let sum = head.bias;
  for (let i = 0; i < x.length; i++) sum += head.weights[i]! * x[i]!;
  return sum;
}

/** Forgive what costs more to collect than it is; else the action most likely to succeed, the gentlest first. */
function recommend(
  intake: DataOf<"case.intake">,
  chances: Record<CaseAction, number>,
  cost: number,
): CaseAction {
  if (intake.debt_amount <= cost && mayBeForgiven(intake.debt_type)) return "forgive";
  const { payment_plan: plan, refer_assistance: refer, collect } = chances;
  if (plan >= refer && plan >= collect) return "payment_plan";
  return refer >= collect ? "refer_assistance" : "collect";
}

/** Collection costs avoided, expected: of this claim alone, as every other claim of the person is a case of its own. */
function savings(action: CaseAction, chance: number, cost: number) {
  return cents(action === "collect" ? 0 : Math.round(cost * chance));
}

function confidence(weights: Weights, missing: readonly number[], outside: number): number {
  let result = 1 - LOST_OUTSIDE * outside;
  for (const fact of missing) result -= weights.confidence_lost[fact]!;
  return quantise(Math.max(0, result));
}

const missingCodes = missable.map((fact) => `missing:${fact}`);

/** The features that weigh most, the facts that were missed, and what is outside the training. */
function reasons(
  weights: Weights,
  action: CaseAction,
  x: Standardised,
  missing: readonly number[],
): ReasonCode[] {
  const codes: ReasonCode[] = [];
  const head = action === "forgive" ? undefined : weights.heads[action];
  if (head) strongest(head, x.values, codes);
  for (const fact of missing) codes.push({ code: missingCodes[fact]! });
  for (const i of x.outside) codes.push({ code: `outside_training:${featureNames[i]}` });
  return codes;
}

/** Adds the features with the largest effect, largest first; by selection, as sorting is slower for this few. */
function strongest(head: Head, x: Float64Array, codes: ReasonCode[]): void {
  let taken = 0;
  for (let n = 0; n < EXPLAINED; n++) {
    let best = -1, largest = 0;
    for (let i = 0; i < x.length; i++) {
      const effect = Math.abs(x[i]! * head.weights[i]!);
      if (effect <= largest || (taken & (1 << i)) !== 0) continue;
      best = i;
      largest = effect;
    }
    if (best < 0) return;
    taken |= 1 << best;
    codes.push({ code: featureNames[best]!, effect: quantise(x[best]! * head.weights[best]!) });
  }
}

/** The model in effect: the one in use, unless a candidate is tried (`candidate.ts`). */
export let model: Model = modelOf(weightsInUse as Weights);
const reviewed = model;

/** Puts a model in effect; without one the one in use. */
export function setModel(tried: Model = reviewed): void {
  model = tried;
}
