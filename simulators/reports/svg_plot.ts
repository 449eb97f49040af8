/** Plots as SVG text that needs nothing else: lines over a number, and bars. Pure. @module */

interface PlotLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface PlotOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly PlotLine[];
  /** Powers of ten on the y axis. */
  readonly logarithmic?: boolean;
}

const [WIDTH, HEIGHT] = [720, 300];
const AREA = { left: 64, right: 16, top: 48, bottom: 44 };
const [INNER_WIDTH, INNER_HEIGHT] = [WIDTH - AREA.left - AREA.right, HEIGHT - AREA.top - AREA.bottom];
/** Told apart by people with any colour vision (Okabe and Ito). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

function colour(i: number): string {
  return COLOURS[i % COLOURS.length]!;
}

/** A line plot. */
export function linePlot({ title, x, y, lines, logarithmic = false }: PlotOptions): string {
  const points = lines.flatMap((line) => line.points).filter(([, value]) => Number.isFinite(value));
  const [from, to] = span(points.map(([at]) => at));
  const [ticks, place] = logarithmic
    ? powersOfTen(points.map(([, v]) => v))
    : linear(points.map(([, v]) => v));
  const px = (at: number) => AREA.left + (to === from ? 0.5 : (at - from) / (to - from)) * INNER_WIDTH;
  const py = (value: number) => AREA.top + (1 - place(value)) * INNER_HEIGHT;
  const drawn = lines.map(({ points }, i) => {
    const path = points.filter(([, v]) => Number.isFinite(v)).map(([at, v]) =>
      `${truncate(px(at))},${truncate(py(v))}`
    );
    return `<polyline fill="none" stroke="${colour(i)}" stroke-width="2" points="${path.join(" ")}"/>`;
  });
  const horizontal = ticks.map((tick) =>
    rule(py(tick)) + label(AREA.left - 6, py(tick) + 4, formatShort(tick), "end")
  );
  const vertical = niceTicks(from, to).map((tick) =>
    label(px(tick), HEIGHT - AREA.bottom + 16, formatShort(tick), "middle")
  );
  return frame(title, [
    ...horizontal,
    ...vertical,
    ...drawn,
    axis(x, y),
    legend(lines.map(({ name }) => name)),
  ]);
}

export interface PlotBar {
  readonly label: string;
  readonly value: number;
  /** The least and the greatest that was measured. */
  readonly range?: readonly [number, number];
}

/** A bar for each value, from zero. */
export function barPlot(title: string, unit: string, bars: readonly PlotBar[]): string {
  const [ticks, place] = linear([
    0,
    ...bars.flatMap(({ value, range = [value, value] }) => [value, range[1]]),
  ]);
  const step = INNER_WIDTH / Math.max(1, bars.length);
  const py = (value: number) => AREA.top + (1 - place(value)) * INNER_HEIGHT;
  const drawn = bars.flatMap(({ label: text, value, range }, i) => {
    const [left, width] = [AREA.left + i * step + step * 0.15, step * 0.7];
    const bar = `<rect x="${truncate(left)}" y="${truncate(py(value))}" width="${truncate(width)}" height="${
      truncate(py(0) - py(value))
    }" fill="${colour(i)}"/>`;
    const middle = left + width / 2;
    const spread = range === undefined
      ? ""
      : `<line x1="${truncate(middle)}" x2="${truncate(middle)}" y1="${truncate(py(range[0]))}" y2="${
        truncate(py(range[1]))
      }" stroke="#333" stroke-width="2"/>`;
    return [
      bar,
      spread,
      label(middle, HEIGHT - AREA.bottom + 16, text, "middle"),
      label(middle + 6, py(value) - 5, formatShort(value), "start"),
    ];
  });
  const scale = ticks.map((tick) =>
    rule(py(tick)) + label(AREA.left - 6, py(tick) + 4, formatShort(tick), "end")
  );
  return frame(title, [...scale, ...drawn, axis("", unit)]);
}

type Scale = readonly [ticks: number[], place: (value: number) => number];

function linear(values: readonly number[]): Scale {
  const ticks = niceTicks(0, Math.max(...values, 1e-9));
  const most = Math.max(ticks.at(-1)!, ...values);
  return [ticks, (value) => value / most];
}

function powersOfTen(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(1, ...positive)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, ...positive))));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return [ticks, (value) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)];
}

/** Round numbers from `from` up to `to`, about five of them. */
export function niceTicks(from: number, to: number): number[] {
  const rough = (to - from) / 5;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough)!;
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function span(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
}

/** `12300` as `12.3K`. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}K`;
  return `${Number(value.toPrecision(3))}`;
}

function frame(title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
    `role="img" font-family="system-ui, sans-serif" font-size="12"><title>${escapeXml(title)}</title>` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>` +
    `<text x="${AREA.left}" y="20" font-size="14" font-weight="600">${escapeXml(title)}</text>${
      parts.join("")
    }</svg>`;
}

function rule(y: number): string {
  return `<line x1="${AREA.left}" x2="${WIDTH - AREA.right}" y1="${truncate(y)}" y2="${
    truncate(y)
  }" stroke="#ddd"/>`;
}

function label(x: number, y: number, text: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${truncate(x)}" y="${truncate(y)}" text-anchor="${anchor}" fill="#444">${
    escapeXml(text)
  }</text>`;
}

function axis(x: string, y: string): string {
  return label(WIDTH - AREA.right, HEIGHT - 8, x, "end") + label(8, AREA.top - 10, y, "start");
}

function legend(names: readonly string[]): string {
  let at = AREA.left + 130;
  return names.map((name, i) => {
    const entry = `<rect x="${at}" y="${AREA.top - 19}" width="10" height="10" fill="${colour(i)}"/>` +
      label(at + 14, AREA.top - 10, name, "start");
    at += 30 + name.length * 7;
    return entry;
  }).join("");
}

function truncate(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Text inside XML. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
