/** The model card: what the model is, what it was trained on, how well it does, and what it is not. @module */
import { missable } from "../../actors/reasoning/model/features.ts";
import type { HeadName, Weights } from "../../actors/reasoning/model/model.ts";
import { assumedSlopes, outcomeShares, trainedActions } from "./synthetic_outcomes.ts";
import { assumptions } from "../cases/assumptions.ts";
import type { Bin } from "./calibration.ts";
import type { GroupError } from "./group_errors.ts";

export interface TrainingOptions {
  readonly seed: string | number;
  /** Histories simulated; a fifth of them is held out. */
  readonly count: number;
}

/** How well a part of the model does on the histories that were held out. */
export interface HeadReport {
  readonly name: HeadName;
  readonly trained: number;
  readonly tested: number;
  readonly brier: number;
  /** Of always predicting the overall rate. */
  readonly brierOfRate: number;
  readonly bins: readonly Bin[];
}

/** By group: success of the action taken, and escalation under collection. */
export interface GroupErrors {
  readonly success: readonly GroupError[];
  readonly risk: readonly GroupError[];
}

export interface TrainingResults {
  readonly heads: readonly HeadReport[];
  readonly groups: GroupErrors;
}

/** Assumption: confidence lost when all facts of the profile are missing, and when the debt type is unknown. */
export const confidenceLost = { profile: 0.4, debt_type: 0.1 } as const;

const headDescriptions: Readonly<Record<HeadName, string>> = {
  payment_plan: "resolved, after a payment plan",
  collect: "resolved, after collection",
  refer_assistance: "resolved, after referral to assistance",
  risk: "escalated, after collection",
};

/** The card as Markdown. */
export function modelCard(
  options: TrainingOptions,
  weights: Weights,
  { heads, groups: byGroup }: TrainingResults,
): string {
  return [
    "<!-- deno-fmt-ignore-file -->",
    `# Model card: ${weights.version}`,
    purpose,
    features(weights),
    data(options),
    results(heads),
    groups(byGroup),
    confidence(weights),
    limits,
  ].join("\n\n") + "\n";
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((c, i) => c.padEnd(widths[i]!)).join(" | ")} |`;
  const [head, ...others] = rows.map(line);
  return [head, line(widths.map((width) => "-".repeat(width))), ...others].join("\n");
}

const purpose =
  `Scores a debt-assistance case at intake: how likely each action is to solve it, and how likely it is
to escalate when nothing but collection happens. It advises; the rules decide, and a person decides what is adverse or
unsure. Four logistic regressions over the same features; weights in \`weights.json\`.

- \`success_probability\`: of the recommended action.
- \`risk_score\`: 0 to 100, the chance of escalation under collection, in percent.
- \`recommended_action\`: forgive what costs more to collect than it is; else the action most likely to succeed.
- \`estimated_savings\`: collection costs avoided (mean €72.80 a claim, Panteia 2024, an estimate), times the chance.
- \`analysis_confidence\`: what is left of 1 after each fact that is missing. Not a statistical confidence.`;

function features(weights: Weights): string {
  const rows = weights.features.map((name, i) => [
    name,
    `${weights.mean[i]}`,
    `${weights.deviation[i]}`,
    `${weights.least[i]} to ${weights.most[i]}`,
  ]);
  return `## Features

The income as the natural logarithm of 1 + euros, ratios as that of 1 + months of income. An action uses only the
features that are assumed to have an effect on it; the weight of every other is 0, and it is never given as a reason. The
claim by itself, its kind and its priority are no features: nothing says that they have an effect beside these.

${table([["Feature", "Mean", "Deviation", "Range trained on"], ...rows])}

Never a feature, and held by a test: BSN, name, contact, municipality, organisation (names a municipality), intake
channel (tells of language), household (a single parent is mostly a mother), income source and age band. The rules use
household and income source only where a law or norm asks for them: the beslagvrije voet and remission.`;
}

const gaps = assumptions.gaps.value;

function data({ seed, count }: TrainingOptions): string {
  const rates = trainedActions.map((action) => {
    const { resolved, withdrawn, escalated } = outcomeShares[action];
    const slopes = Object.entries(assumedSlopes[action]).map(([name, slope]) => `${name} ${slope}`).join(
      ", ",
    );
    return [action, `${resolved}`, `${withdrawn}`, `${escalated}`, slopes];
  });
  return `## Data

**Synthetic.** ${count} histories simulated from generated cases (seed \`${seed}\`), the action drawn at random for
each, four fifths for training and one fifth held out. Every rate below is the domain data's, which names it an
assumption with anchors: 0.71 of arrangements are paid (Rekenkamer 2023, standard arrangements of Belastingdienst and
CJIB); 0.26 is the lower bound for assistance (NVVK). How success depends on a case is our own assumption.

${
    table([
      ["Action", "Resolved", "Withdrawn", "Escalated", "Assumed slopes (log-odds per deviation)"],
      ...rates,
    ])
  }

Gaps in intakes are assumed too, and generated cases have the same: whole profile ${gaps.profile}, else each fact
${gaps.fact}, at random. A missing fact counts as the mean and has no effect of its own.`;
}

function results(reports: readonly HeadReport[]): string {
  const rows = reports.map(({ name, trained, tested, brier, brierOfRate }) => [
    name,
    headDescriptions[name],
    `${trained}`,
    `${tested}`,
    brier.toFixed(4),
    brierOfRate.toFixed(4),
  ]);
  return `## Results on held-out histories

${
    table([
      ["Part", "Predicts", "Trained on", "Tested on", "Brier score", "Brier of the overall rate"],
      ...rows,
    ])
  }

![Calibration: predicted chance against observed share](calibration.svg)`;
}

function groups({ success, risk }: GroupErrors): string {
  return `## By group, on held-out histories

Age band, household and income source are measured here and never features. Intervals are of 95 %: of a share by Wilson, of
a Brier score by the normal. All groups follow one assumed truth, so that what differs here differs by income and debts
alone; on real histories these tables are the first to read. Groups of fewer than a hundred say little.

Success of the action that was taken:

${groupTable(success)}

Escalation under collection (\`risk_score\`):

${groupTable(risk)}`;
}

function groupTable(errors: readonly GroupError[]): string {
  const between = ([from, to]: readonly [number, number]) => `${from.toFixed(3)} to ${to.toFixed(3)}`;
  const rows = errors.map((error) => [
    error.grouping,
    error.group,
    `${error.count}`,
    error.predicted.toFixed(3),
    `${error.observed.toFixed(3)} (${between(error.observedInterval)})`,
    `${error.brier.toFixed(3)} (${between(error.brierInterval)})`,
  ]);
  return table([["By", "Group", "Histories", "Predicted", "Observed", "Brier score"], ...rows]);
}

function confidence(weights: Weights): string {
  const rows = missable.map((fact, i) => [fact, `${weights.confidence_lost[i]}`]);
  return `## Confidence

Assumption: a bare intake loses ${confidenceLost.profile}, an unknown debt type ${confidenceLost.debt_type}; the first
is divided over the facts of the profile by what hiding each costs in Brier score.

${table([["Missing", "Confidence lost"], ...rows])}`;
}

const limits = `## Limits

- Trained and tested on synthetic data. The scores say how well the model found the assumptions back, nothing about
  people. No public calibration of such scores exists. Do not use them on real cases before training on real histories.
- Outcomes under an action nobody took cannot be observed; the simulation draws actions at random, practice does not.
- Facts outside the trained range are clamped and said so in the reason codes (\`outside_training:…\`).
- The features left out may still leak through those kept in: the mean risk differs between groups, as income does.
- To make these files again: run \`simulators/training/train_model.ts\`. Same seed, same bytes.`;
