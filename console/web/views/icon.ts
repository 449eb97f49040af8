/** The glyphs that stand beside words. They say nothing by themselves, and are hidden from screen readers. @module */
import { Markup, markup } from "../markup.ts";

const paths = {
  waves: "M3 8q4-4 9 0t9 0M3 15q4-4 9 0t9 0",
  triangle: "M12 4 21 20H3ZM12 10v4M12 17v.5",
  retry: "M20 12a8 8 0 1 1-2.5-5.8M20 3v5h-5",
  crossed: "M4 4h16v16H4ZM9 9l6 6M15 9l-6 6",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c0-4 4-6 8-6s8 2 8 6",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 3",
  tick: "m4 13 5 5L20 6",
  out: "M14 4h6v16h-6M3 12h11m-4-4 4 4-4 4",
  bars: "M9 5v14M15 5v14",
  lock: "M5 11h14v9H5ZM8 11V8a4 4 0 0 1 8 0v3",
} as const;
export type IconName = keyof typeof paths;

export function icon(name: IconName): Markup {
  return markup`<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="${paths[name]}"/></svg>`;
}

/** The tone of a state: quiet has no ground, so that what is well is not loud. */
export type Tone = "quiet" | "neutral" | "info" | "warn" | "bad" | "good" | "human";

/** A state: a glyph and a word, on the ground of its tone. */
export function badge(tone: Tone, glyph: IconName, word: string): Markup {
  return markup`<span class="st ${tone}">${icon(glyph)}${word}</span>`;
}
