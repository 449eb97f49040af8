/** How figures are written, alike in every report. Pure. @module */

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumSignificantDigits: 3 });

/** `12,345`. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** `1 run`, `12,345 runs`. */
export function formatCounted(value: number, what: string): string {
  return `${formatCount(value)} ${what}${value === 1 ? "" : "s"}`;
}

/** `12.3K`, for an axis. */
export function formatShort(value: number): string {
  return compact.format(value);
}

/** `85 ms`, `1.2 s`, or a dash for what was not measured. */
export function formatMs(value: number | undefined): string {
  if (value === undefined) return "–";
  return value >= 1_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}
