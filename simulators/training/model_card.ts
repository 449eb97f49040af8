/** The model card: what the model is, what it was trained on, how well it does, and what it is not. @module */
import { missable } from "../../actors/reasoning/model/features.ts";
import type { HeadName, Weights } from "../../actors/reasoning/model/model.ts";
import { assumedMissingShares, assumedSlopes, outcomeShares, trainedActions } from "./synthetic_outcomes.ts";
import type { Bin } from "./calibration.ts";

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
  reports: readonly HeadReport[],
): string {
  return [
    "<!-- deno-fmt-ignore-file -->",
    `# Model card: ${weights.version}`,
    purpose,
    features(weights),
    data(options),
    results(reports),
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
unsure. Four logistic regressions over the same features; weights in \`weights_v1.json\`.

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

Amounts as the natural logarithm of 1 + euros, ratios as that of 1 + months of income.

${table([["Feature", "Mean", "Deviation", "Range trained on"], ...rows])}

Never a feature, and held by a test: BSN, name, contact, municipality, organisation (names a municipality), intake
channel (tells of language), household (a single parent is mostly a mother), income source and age band. The rules use
household and income source only where a law or norm asks for them: the beslagvrije voet and remission.`;
}

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

Gaps in intakes are assumed too: whole profile ${assumedMissingShares.profile}, each fact ${assumedMissingShares.fact}, debt type
${assumedMissingShares.debt_type}.`;
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
- The features left out may still leak through those kept in (income does differ between groups): measure before use.
- To make these files again: run \`simulators/training/train_model.ts\`. Same seed, same bytes.`;
