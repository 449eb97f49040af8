/** The timeline of a run as SVG: what was settled, what waited, the faults behind it and the signs above it. Pure. @module */
import type { RunResult } from "../run_scenario.ts";

const WIDTH = 900;
const LEFT = 46;
const RIGHT = 46;
const TOP = 34;
const HEIGHT = 150;
const BOTTOM = 24;
const PLOT = WIDTH - LEFT - RIGHT;

const SIGNS: Record<string, string> = {
  worker_restart: "worker restarted",
  node_restart: "node restarted",
  takeover: "mailbox taken over",
  fenced: "settle fenced",
  backend_away: "backend away",
  backend_back: "backend back",
  dead_letter: "dead letter",
};

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}

export function chart({ series, faults }: RunResult): string {
  const { stepMs, settled, waiting, marks } = series;
  const totalMs = Math.max(stepMs * settled.length, 1);
  const x = (atMs: number) => LEFT + Math.min(1, atMs / totalMs) * PLOT;
  const mostSettled = niceTop(Math.max(1, ...settled));
  const mostWaiting = niceTop(Math.max(1, ...waiting.map((value) => value ?? 0)));
  const y = (value: number, most: number) => TOP + HEIGHT * (1 - value / most);
  const middle = (i: number) => x((i + 0.5) * stepMs);
  const line = settled.map((value, i) => `${round(middle(i))},${round(y(value, mostSettled))}`).join(" ");
  const height = TOP + HEIGHT + BOTTOM;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="timeline">`,
    ...faults.map(({ name, appliedAt, healedAt }) => band(name, x(appliedAt), x(healedAt))),
    ...[0, 0.5, 1].map((share) => grid(share, mostSettled, mostWaiting)),
    ...seconds(totalMs).map((s) =>
      `<text class="axis" x="${round(x(s * 1000))}" y="${height - 6}" text-anchor="middle">${s} s</text>`
    ),
    `<polygon class="settled-area" points="${LEFT},${TOP + HEIGHT} ${line} ${LEFT + PLOT},${TOP + HEIGHT}"/>`,
    `<polyline class="settled" points="${line}"/>`,
    ...pathsOf(waiting, (i, value) => `${round(middle(i))},${round(y(value, mostWaiting))}`),
    ...marks.map(({ atMs, what }) => {
      const title = `<title>${SIGNS[what]} at ${(atMs / 1000).toFixed(2)} s</title>`;
      return `<path class="sign ${what}" d="M${round(x(atMs))} ${TOP - 4}l-4 -8h8z">${title}</path>`;
    }),
    "</svg>",
    legend(new Set(marks.map(({ what }) => what))),
  ].join("\n");
}

function band(name: string, from: number, to: number): string {
  const width = Math.max(2, to - from);
  return `<rect class="fault" x="${round(from)}" y="${TOP}" width="${round(width)}" height="${HEIGHT}">` +
    `<title>${escapeHtml(name)}</title></rect>` +
    `<text class="fault-name" x="${round(from + 4)}" y="${TOP + 12}">${escapeHtml(name)}</text>`;
}

function grid(share: number, mostSettled: number, mostWaiting: number): string {
  const at = TOP + HEIGHT * (1 - share);
  return `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT}" y1="${at}" y2="${at}"/>` +
    `<text class="axis" x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${mostSettled * share}</text>` +
    `<text class="axis waiting-axis" x="${LEFT + PLOT + 6}" y="${at + 4}">${mostWaiting * share}</text>`;
}

/** A line for each stretch in which somebody could tell. */
function pathsOf(values: readonly (number | null)[], point: (i: number, value: number) => string): string[] {
  const known = values.flatMap((value, i) => value === null ? [] : [{ i, value }]);
  if (known.length === 0) return [];
  return [`<polyline class="waiting" points="${known.map(({ i, value }) => point(i, value)).join(" ")}"/>`];
}

function legend(signs: ReadonlySet<string>): string {
  const shown = [...signs].map((what) =>
    `<span><svg viewBox="-5 -9 10 10" class="key"><path class="sign ${what}" d="M0 0l-4 -8h8z"/></svg>${
      SIGNS[what]
    }</span>`
  );
  return `<p class="legend"><span><i class="key settled-key"></i>deliveries settled a second (left)</span>` +
    `<span><i class="key waiting-key"></i>deliveries waiting (right)</span>` +
    `<span><i class="key fault-key"></i>fault</span>${shown.join("")}</p>`;
}

/** The next round number, so that half of it is whole too. */
function niceTop(most: number): number {
  const unit = 10 ** Math.floor(Math.log10(most));
  return [2, 4, 6, 8, 10].map((times) => times * unit).find((top) => top >= most) ?? 2;
}

function seconds(totalMs: number): number[] {
  const step = [1, 2, 5, 10, 30, 60, 300].find((s) => totalMs / 1000 / s <= 12) ?? 600;
  return Array.from({ length: Math.floor(totalMs / 1000 / step) + 1 }, (_, i) => i * step);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
