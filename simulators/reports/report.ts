/** A report of a load test, a comparison or a chaos run, before it becomes Markdown or a page. @module */
import type { Plot } from "./svg_plot.ts";

/** `measured`: there was nothing to hold it against. */
export type VerdictState = "passed" | "failed" | "measured";

/** A cell of a table; with `href` a link, with `state` a verdict. */
export type Cell = string | { readonly text: string; readonly href?: string; readonly state?: VerdictState };

export interface ReportTable {
  readonly kind: "table";
  /** The first one names the rows. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A plot. With `file` Markdown shows it too, from a file of that name beside it. */
export interface ReportPlot {
  readonly kind: "plot";
  readonly plot: Plot;
  readonly file?: string;
}

/** A part of a section, in order. */
export type ReportPart =
  | { readonly kind: "text" | "failure" | "command"; readonly text: string }
  | { readonly kind: "check"; readonly text: string; readonly holds: boolean }
  | ReportTable
  | ReportPlot;

export interface ReportSection {
  readonly title: string;
  readonly id?: string;
  readonly state?: VerdictState;
  readonly parts: readonly ReportPart[];
}

export interface Report {
  /** Of its files. */
  readonly name: string;
  readonly title: string;
  /** The outcome in one line, at the top of the page. */
  readonly verdict: { readonly state: VerdictState; readonly text: string };
  /** Where and how it was measured, and what was left out; a sentence each. */
  readonly notes: readonly string[];
  readonly sections: readonly ReportSection[];
}

/** A report that lies in a directory. */
export interface ReportEntry {
  readonly file: string;
  readonly title: string;
  readonly state: VerdictState;
  readonly verdict: string;
  /** ISO time. */
  readonly at: string;
}

/** Parts of one kind that follow each other belong together: one list, or one row of plots. */
export function partsByKind(parts: readonly ReportPart[]): ReportPart[][] {
  const groups: ReportPart[][] = [];
  for (const part of parts) {
    if (groups.at(-1)?.[0]?.kind === part.kind) groups.at(-1)!.push(part);
    else groups.push([part]);
  }
  return groups;
}
