/**
 * Plots as SVG text that needs nothing else. A plot is drawn for a width, so that a narrow screen gets one of its own
 * whose letters can be read. Colours are presentation attributes: right by themselves on white, and a page's stylesheet
 * overrides them by class. Pure.
 * @module
 */
import { escape } from "@std/html/entities";
import { formatShort } from "./number_format.ts";
import { linearScale, logarithmicScale, niceTicks, type Scale } from "./plot_scale.ts";

/** A plot that can be drawn for any width in pixels. */
export interface Plot {
  readonly title: string;
  draw(width: number): string;
}

interface PlotLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/**
 * A row under the plot for one kind of event: bars from-to, or marks where both are the same. Its label has the row to
 * itself.
 */
export interface Lane {
  readonly label: string;
  readonly kind: "fault" | "sign";
  readonly spans: readonly (readonly [from: number, to: number])[];
}

interface LinePlotOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly PlotLine[];
  /** Powers of ten on the y axis. */
  readonly logarithmic?: boolean;
  /** The ends of an axis, where plots are to be compared. Default: what the lines need, y from 0. */
  readonly xRange?: readonly [number, number];
  readonly yMost?: number;
  /** What the x axis says in place of round numbers. */
  readonly xTicks?: readonly (readonly [at: number, text: string])[];
  /** A dot at each point, and a dashed line where y is x. */
  readonly calibration?: boolean;
  readonly lanes?: readonly Lane[];
  /** Stretches of the x axis to shade. */
  readonly shaded?: Lane["spans"];
}

const HEIGHT = 200;
const LANE = 30;
const ROW = 18;
/** Distinguishable with any colour vision (after Okabe and Ito), and of enough contrast on white. */
const COLOURS = ["#0072b2", "#d55e00", "#007a5c", "#b0558a", "#8a6400", "#2a7fb0"];
const LANE_COLOURS = { fault: "#c0272d", sign: "#5b6675" };
/** Mean width of a letter in 12 pixels. */
const LETTER = 6.6;

/** Where the plot lies within its picture. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly right: number;
  readonly bottom: number;
}

/** Lines over a number, with lanes under them. */
export function linePlot(given: LinePlotOptions): Plot {
  const options = { ...given, lines: given.lines.map((line) => drawable(line, given.logarithmic ?? false)) };
  const { title, x, y, lines, lanes = [], shaded = [], calibration = false } = options;
  // One line needs no name: the title is its name.
  const names = lines.length === 1 ? [] : lines.map(({ name }) => name);
  const draw = (width: number) => {
    const legend = legendRows(names, width);
    const area = areaOf(width, 58 + legend.length * ROW);
    const [xs, ys] = scalesOf(options, area.width);
    const px = (at: number) => area.left + Math.min(1, Math.max(0, xs.place(at))) * area.width;
    const py = (value: number) => area.bottom - ys.place(value) * HEIGHT;
    const xTicks = options.xTicks ?? xs.ticks.map((tick) => [tick, formatShort(tick)] as const);
    return frame(title, width, area.bottom + 40 + lanes.length * LANE, [
      ...legend.flatMap((row, i) => legendRow(row, 46 + i * ROW)),
      shaded.length === 0 ? "" : shading(shaded, px, area),
      ...ys.ticks.map((tick) =>
        rule(area, py(tick)) + label(area.left - 6, py(tick) + 4, formatShort(tick), "end")
      ),
      ...xTicks.map(([at, text]) => label(px(at), area.bottom + 16, text, "middle")),
      label(area.right, area.bottom + 32, x, "end") + label(8, area.top - 10, y, "start"),
      calibration ? diagonal(area) : "",
      ...lines.map((line, i) => polyline(line, i, px, py, calibration)),
      ...lanes.map((lane, i) => laneRow(lane, px, area, area.bottom + 40 + i * LANE)),
    ]);
  };
  return { title, draw };
}

/** Without the points that have no place: those that are no numbers, and on powers of ten those that are not above 0. */
function drawable({ name, points }: PlotLine, logarithmic: boolean): PlotLine {
  return { name, points: points.filter(([, y]) => Number.isFinite(y) && (y > 0 || !logarithmic)) };
}

function areaOf(width: number, top: number): Area {
  const [left, right] = [52, width - 22];
  return { left, top, width: right - left, right, bottom: top + HEIGHT };
}

function scalesOf(
  { lines, xRange, yMost, logarithmic = false }: LinePlotOptions,
  width: number,
): [Scale, Scale] {
  const points = lines.flatMap((line) => line.points);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [from, to] = xRange ?? (xs.length === 0 ? [0, 1] : [Math.min(...xs), Math.max(...xs)]);
  const most = yMost ?? Math.max(1e-9, ...ys);
  const top = Math.max(most, niceTicks(0, most).at(-1)!);
  return [linearScale(from, to, width / 45), logarithmic ? logarithmicScale(ys) : linearScale(0, top, 5)];
}

function polyline(
  { points }: PlotLine,
  i: number,
  px: (x: number) => number,
  py: (y: number) => number,
  dots: boolean,
): string {
  const drawn = points.map(([x, y]) => [round(px(x)), round(py(y))] as const);
  const line = `<polyline fill="none" stroke="currentColor" stroke-width="2" points="${drawn.join(" ")}" />`;
  const marks = dots
    ? drawn.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5" fill="currentColor" />`)
    : [];
  return `<g class="series-${i}" color="${COLOURS[i % COLOURS.length]}">${line}${marks.join("")}</g>`;
}

function diagonal({ left, top, right, bottom }: Area): string {
  return `<line class="rule" x1="${left}" y1="${bottom}" x2="${right}" y2="${top}" stroke="#999" stroke-dasharray="5 4" />`;
}

function shading(spans: Lane["spans"], px: (x: number) => number, { top }: Area): string {
  const rects = spans.map(([from, to]) => {
    const [left, right] = [round(px(from)), round(px(to))];
    return `<rect x="${left}" y="${top}" width="${Math.max(1, round(right - left))}" height="${HEIGHT}" />`;
  });
  return `<g class="fault" color="${LANE_COLOURS.fault}" fill="currentColor" opacity="0.12">${
    rects.join("")
  }</g>`;
}

/** The label stands above its marks, on the side where there is room for it. */
function laneRow(
  { label: text, kind, spans }: Lane,
  px: (x: number) => number,
  area: Area,
  top: number,
): string {
  const drawn = spans.map(([from, to]) => {
    const [left, right] = [round(px(from)), round(px(to))];
    return `M${left} ${top + 20}h${Math.max(2, round(right - left))}v7H${left}z`;
  });
  const first = spans.length === 0 ? area.left : px(Math.min(...spans.map(([from]) => from)));
  const room = area.right - text.length * LETTER;
  return `<g class="${kind}" color="${LANE_COLOURS[kind]}">` +
    `<line class="rule" x1="${area.left}" x2="${area.right}" y1="${top + 27}" y2="${
      top + 27
    }" stroke="#ddd" />` +
    `<path d="${drawn.join("")}" fill="currentColor" />` +
    `<text x="${round(Math.max(8, Math.min(first, room)))}" y="${top + 15}" fill="currentColor">${
      escape(text)
    }</text></g>`;
}

export interface PlotBar {
  readonly label: string;
  readonly value: number;
  /** The least and the greatest that was measured. */
  readonly range?: readonly [number, number];
}

/** A horizontal bar for each value, from zero, its label above it. */
export function barPlot(title: string, unit: string, bars: readonly PlotBar[]): Plot {
  const draw = (width: number) => {
    const most = Math.max(1e-9, ...bars.flatMap(({ value, range = [value, value] }) => [value, range[1]]));
    const [left, length] = [12, width - 84];
    const px = (value: number) => left + value / most * length;
    const drawn = bars.map(({ label: text, value, range }, i) => {
      const top = 40 + i * 42;
      const end = round(px(range?.[1] ?? value));
      const bar = `<rect x="${left}" y="${top + 18}" width="${
        round(px(value) - left)
      }" height="16" fill="currentColor" />`;
      return label(left, top + 12, text, "start") +
        `<g class="series-${i}" color="${COLOURS[i % COLOURS.length]}">${bar}</g>` +
        (range === undefined ? "" : whisker(px(range[0]), end, top + 26)) +
        label(Math.max(end, px(value)) + 6, top + 31, formatShort(value), "start");
    });
    const bottom = 40 + bars.length * 42;
    return frame(title, width, bottom + 24, [
      ...drawn,
      label(left, bottom + 14, unit, "start"),
    ]);
  };
  return { title, draw };
}

function whisker(from: number, to: number, y: number): string {
  return `<path class="ink" d="M${round(from)} ${y}H${to}M${round(from)} ${y - 4}v8M${to} ${
    y - 4
  }v8" stroke="#222" />`;
}

function frame(title: string, width: number, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" font-family="system-ui, sans-serif" font-size="12"><title>${escape(title)}</title>` +
    `<rect class="paper" width="${width}" height="${height}" fill="#fff" />` +
    `<text class="ink" x="8" y="18" font-size="14" font-weight="600" fill="#222">${escape(title)}</text>${
      parts.join("")
    }</svg>`;
}

function rule({ left, right }: Area, y: number): string {
  return `<line class="rule" x1="${left}" x2="${right}" y1="${round(y)}" y2="${round(y)}" stroke="#ddd" />`;
}

function label(x: number, y: number, text: string, anchor: "start" | "middle" | "end"): string {
  return `<text class="quiet" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="#444">${
    escape(text)
  }</text>`;
}

interface LegendEntry {
  readonly name: string;
  readonly colour: number;
  readonly x: number;
}

/** The names in as many rows as the width asks for. */
function legendRows(names: readonly string[], width: number): LegendEntry[][] {
  const rows: LegendEntry[][] = [];
  let x = Infinity;
  for (const [colour, name] of names.entries()) {
    const length = 30 + name.length * LETTER;
    if (x + length > width) {
      rows.push([]);
      x = 8;
    }
    rows.at(-1)!.push({ name, colour, x });
    x += length;
  }
  return rows;
}

function legendRow(row: readonly LegendEntry[], y: number): string[] {
  return row.map(({ name, colour, x }) =>
    `<g class="series-${colour}" color="${COLOURS[colour % COLOURS.length]}">` +
    `<rect x="${round(x)}" y="${y - 10}" width="10" height="10" fill="currentColor" /></g>${
      label(x + 15, y - 1, name, "start")
    }`
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
