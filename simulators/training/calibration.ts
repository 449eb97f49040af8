/** How well predicted chances agree with what happened: Brier score, bins, and a plot of them. @module */
import { linePlot } from "../reports/svg_plot.ts";

/** A predicted chance with what happened (1 or 0). */
export interface Prediction {
  readonly chance: number;
  readonly label: number;
}

/** Predictions of about one chance, together. */
export interface Bin {
  readonly predicted: number;
  readonly observed: number;
  readonly count: number;
}

/** Mean squared difference between chance and outcome: 0 is perfect, lower is better. */
export function brier(predictions: readonly Prediction[]): number {
  return predictions.reduce((sum, { chance, label }) => sum + (chance - label) ** 2, 0) / predictions.length;
}

/** The Brier score of always predicting the overall rate: what a model must beat. */
export function brierOfRate(predictions: readonly Prediction[]): number {
  const rate = predictions.reduce((sum, { label }) => sum + label, 0) / predictions.length;
  return rate * (1 - rate);
}

/** Ten bins of equal size, from the lowest chances to the highest. */
export function calibrationBins(predictions: readonly Prediction[], bins = 10): Bin[] {
  const sorted = predictions.toSorted((a, b) => a.chance - b.chance || a.label - b.label);
  return Array.from({ length: bins }, (_, b) => {
    const part = sorted.slice(
      Math.floor(b * sorted.length / bins),
      Math.floor((b + 1) * sorted.length / bins),
    );
    const mean = (of: (p: Prediction) => number) => part.reduce((sum, p) => sum + of(p), 0) / part.length;
    return { predicted: mean((p) => p.chance), observed: mean((p) => p.label), count: part.length };
  });
}

/** A calibration plot as SVG: on the diagonal, what was predicted happened. */
export function calibrationPlot(title: string, series: Readonly<Record<string, readonly Bin[]>>): string {
  const lines = Object.entries(series).map(([name, bins]) => ({
    name,
    points: bins.map(({ predicted, observed }) => [predicted, observed] as const),
  }));
  const axes = { x: "predicted chance", y: "observed share", xRange: [0, 1], yMost: 1 } as const;
  const svg = linePlot({ title, ...axes, lines, calibration: true }).draw(560);
  return `<!-- deno-fmt-ignore-file -->\n${svg}\n`;
}
