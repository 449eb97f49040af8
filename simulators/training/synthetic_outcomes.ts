/**
 * Simulated histories: what becomes of generated cases under an action drawn at random. Only the overall rates are
 * sourced or derived; how they depend on the case is assumed, here, in one place, and nowhere presented as measured.
 * @module
 */
import {
  ageBands,
  type DataOf,
  type EventOf,
  eventTypes,
  households,
  incomeSources,
} from "../../schema/events.ts";
import { extractFeatures, type FeatureName, featureNames } from "../../actors/reasoning/model/features.ts";
import { generateCases } from "../case_generator.ts";
import debtDomain from "../cases/data/debt_domain.json" with { type: "json" };
import { withGaps } from "../cases/gaps.ts";
import { Random } from "../cases/random.ts";

export const trainedActions = ["payment_plan", "collect", "refer_assistance"] as const;
type TrainedAction = (typeof trainedActions)[number];
type Outcome = DataOf<"case.completed">["outcome"];

/** What a history is grouped by in the model card: measured, and never a feature. */
export const groupings = {
  age_band: ageBands,
  household: households,
  income_source: incomeSources,
} as const;
type Grouping = keyof typeof groupings;

/** One simulated history. */
export interface SyntheticOutcome {
  readonly groups: Readonly<Record<Grouping, string>>;
  /** The intake, with the gaps that real intakes have. */
  readonly intake: DataOf<"case.intake">;
  readonly action: TrainedAction;
  readonly outcome: Outcome;
}

/** Shares of outcomes by action. Anchors are named in the domain data; the split into three is an assumption. */
export const outcomeShares = debtDomain.outcomes.proposed_completed_by_decision;

/**
 * Assumption: change of the log-odds of success for one standard deviation of a feature. No publication says how
 * success depends on a case; the signs follow common sense (heavier burdens are solved less often, assistance is made
 * for them and suffers least), the sizes are round numbers.
 */
export const assumedSlopes: Readonly<Record<TrainedAction, Readonly<Partial<Record<FeatureName, number>>>>> =
  {
    payment_plan: { claim_to_income: -0.5, debts_to_income: -0.6, creditors: -0.3, threat: -0.3 },
    collect: { claim_to_income: -0.7, debts_to_income: -0.7, creditors: -0.3, threat: -0.4, income: 0.2 },
    refer_assistance: { debts_to_income: -0.3, creditors: -0.2, threat: -0.1 },
  };

/** Simulates histories: the same seed and count give the same ones. */
export function generateOutcomes(seed: string | number, count: number): SyntheticOutcome[] {
  const cases = [...generateCases({ seed, count, gaps: false })].map(({ event }) =>
    (eventTypes["case.intake"].schema.parse(event) as EventOf<"case.intake">).data
  );
  const columns = standardisedFeatures(cases);
  const random = new Random(seed, "histories");
  const actions = cases.map(() => trainedActions[random.below(trainedActions.length)]!);
  const intercepts = Object.fromEntries(
    trainedActions.map((action) => [action, interceptFor(action, columns)]),
  );
  return cases.map((intake, i) => {
    const action = actions[i]!;
    const chance = logistic(intercepts[action]! + slopeSum(action, columns[i]!));
    const { profile, ...bare } = intake;
    const known = withGaps(profile!, random);
    return {
      groups: profile as SyntheticOutcome["groups"],
      intake: known === undefined ? bare : { ...bare, profile: known },
      action,
      outcome: drawOutcome(action, chance, random),
    } as SyntheticOutcome;
  });
}

function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

function standardisedFeatures(cases: readonly DataOf<"case.intake">[]): Float64Array[] {
  const rows = cases.map((intake) => extractFeatures(intake).values);
  for (let f = 0; f < featureNames.length; f++) {
    const mean = rows.reduce((sum, row) => sum + row[f]!, 0) / rows.length;
    const variance = rows.reduce((sum, row) => sum + (row[f]! - mean) ** 2, 0) / rows.length;
    for (const row of rows) row[f] = (row[f]! - mean) / Math.max(1e-9, Math.sqrt(variance));
  }
  return rows;
}

function slopeSum(action: TrainedAction, x: Float64Array): number {
  let sum = 0;
  for (const [f, name] of featureNames.entries()) sum += (assumedSlopes[action][name] ?? 0) * x[f]!;
  return sum;
}

/** The intercept for which the mean chance over all cases is the action's overall rate: found by halving. */
function interceptFor(action: TrainedAction, rows: readonly Float64Array[]): number {
  const target = outcomeShares[action].resolved;
  let low = -10, high = 10;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    const mean = rows.reduce((sum, x) => sum + logistic(middle + slopeSum(action, x)), 0) / rows.length;
    if (mean < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function drawOutcome(action: TrainedAction, chance: number, random: Random): Outcome {
  const { withdrawn, escalated } = outcomeShares[action];
  if (random.chance(chance)) return "resolved";
  return random.chance(withdrawn / (withdrawn + escalated)) ? "withdrawn" : "escalated";
}
