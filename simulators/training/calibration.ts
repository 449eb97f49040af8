/** How well predicted chances agree with what happened: Brier score, bins, and a plot of them as SVG. @module */

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

const colours = ["#1b6ca8", "#c2410c", "#3f7d20", "#7e22ce"];
const SIZE = 420, MARGIN = 56;

/** A calibration plot: on the diagonal, what was predicted happened. Laid out as the formatter wants it. */
export function calibrationPlot(title: string, series: Readonly<Record<string, readonly Bin[]>>): string {
  const end = MARGIN + SIZE;
  const lines = [
    `<title id="title">${title}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff" />`,
    `<text x="${MARGIN}" y="30" font-size="16">${title}</text>`,
    `<rect x="${MARGIN}" y="${MARGIN}" width="${SIZE}" height="${SIZE}" fill="none" stroke="#777777" />`,
    `<line x1="${MARGIN}" y1="${end}" x2="${end}" y2="${MARGIN}" stroke="#999999" stroke-dasharray="5 4" />`,
    ...ticks(),
    `<text x="${MARGIN + SIZE / 2}" y="${end + 40}" text-anchor="middle">predicted chance</text>`,
    `<text transform="translate(16 ${
      MARGIN + SIZE / 2
    }) rotate(-90)" text-anchor="middle">observed share</text>`,
    ...Object.entries(series).flatMap(([name, bins], i) => curve(name, bins, i)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE + 260} ${SIZE + 110}" role="img" \
aria-labelledby="title"
  font-family="sans-serif" font-size="13">
${lines.map((line) => `  ${line}`).join("\n")}
</svg>
`;
}

function place({ predicted, observed }: Pick<Bin, "predicted" | "observed">): [string, string] {
  return [(MARGIN + predicted * SIZE).toFixed(1), (MARGIN + (1 - observed) * SIZE).toFixed(1)];
}

function curve(name: string, bins: readonly Bin[], index: number): string[] {
  const colour = colours[index % colours.length]!;
  const points = bins.map(place);
  const x = MARGIN + SIZE + 18, y = MARGIN + 14 + index * 22;
  return [
    "<polyline",
    `  points="${points.map((point) => point.join()).join(" ")}"`,
    `  fill="none" stroke="${colour}" />`,
    ...points.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}" />`),
    `<circle cx="${x}" cy="${y - 4}" r="4" fill="${colour}" />`,
    `<text x="${x + 10}" y="${y}">${name}</text>`,
  ];
}

function ticks(): string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((at) => {
    const [x] = place({ predicted: at, observed: 0 });
    const [, y] = place({ predicted: 0, observed: at });
    return [
      `<text x="${x}" y="${MARGIN + SIZE + 18}" text-anchor="middle">${at}</text>`,
      `<text x="${MARGIN - 8}" y="${y}" text-anchor="end" dominant-baseline="middle">${at}</text>`,
    ];
  });
}
