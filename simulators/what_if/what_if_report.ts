/** The outcome of a comparison for people: a page to put before who decides on the policy. Pure. @module */
import { plainTable } from "../reports/markdown.ts";
import { formatCount } from "../reports/number_format.ts";
import type { Report, ReportPart, ReportSection, ReportTable } from "../reports/report.ts";
import { dimensions } from "./case_facts.ts";
import type { WhatIfResult } from "./what_if_result.ts";

/** Rows of a table of a page; all of them are in the JSON. */
const MOST_ROWS = 25;

const titles: Readonly<Record<(typeof dimensions)[number], string>> = {
  rule: "Rule",
  debt_type: "Debt type",
  organization: "Organisation",
  household: "Household",
  income_source: "Income source",
  age_band: "Age band",
};

export function whatIfReport(result: WhatIfResult): Report {
  return {
    name: "what-if",
    title: "What if",
    verdict: { state: result.failures > 0 ? "failed" : "measured", text: verdictOf(result) },
    notes: notesOf(result),
    sections: [
      matrixSection(result),
      ...(result.simulated === undefined ? [] : [simulatedSection(result.simulated)]),
      ...dimensions.map((name) => breakdownSection(titles[name], result.breakdowns[name])),
      firstSection(result),
      ...examplesSections(result),
      ...(result.failed.length === 0 ? [] : [failedSection(result)]),
    ].filter(({ parts }) => parts.length > 0),
  };
}

/** The outcome in one line. */
function verdictOf({ differences, differing_cases, cases, decision_points, failures }: WhatIfResult): string {
  const failed = failures === 0 ? "" : ` The candidate failed at ${formatCount(failures)} decision points.`;
  if (differences === 0) {
    return `No difference at ${formatCount(decision_points)} decision points of ${
      formatCount(cases)
    } cases.${failed}`;
  }
  return `${formatCount(differences)} differences at ${formatCount(decision_points)} decision points: ` +
    `${formatCount(differing_cases)} of ${formatCount(cases)} cases (${
      percent(differing_cases / cases)
    }).${failed}`;
}

function notesOf(
  { mode, sample, seed, changes, complete, wording_only, undecided, unreadable }: WhatIfResult,
) {
  return [
    changes.length === 0 ? "The current version beside itself." : `Changed: ${changes.join("; ")}.`,
    mode === "decisions"
      ? "Each decision alone, on the facts that were recorded: what follows from another decision is not counted."
      : `Whole cases: as recorded up to the first difference; from there simulated, by citizens of seed ${seed}.`,
    ...(sample < 1 ? [`A sample of ${percent(sample)} of the cases; intervals are of 95%.`] : []),
    ...(complete ? [] : ["Stopped before its end: the same command goes on."]),
    ...(wording_only > 0 ? [`At ${formatCount(wording_only)} more points texts alone differ.`] : []),
    ...(undecided > 0 ? [`The current version can't decide at ${formatCount(undecided)} points.`] : []),
    ...(unreadable > 0 ? [`${formatCount(unreadable)} events can't be read.`] : []),
    "Nothing was stored, and nobody was told anything.",
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}

function matrixTable({ matrix }: WhatIfResult): ReportTable {
  return {
    kind: "table",
    head: ["now", "then", "decisions", "differing", "people", "claims, €"],
    rows: matrix.slice(0, MOST_ROWS * 2).map((row) => [
      row.before,
      row.before === row.after ? (row.differing > 0 ? "the same, on other grounds" : "the same") : row.after,
      formatCount(row.points),
      formatCount(row.differing),
      formatCount(row.people),
      amount(row.euros),
    ]),
  };
}

function matrixSection(result: WhatIfResult): ReportSection {
  return { title: "From the one outcome to the other", id: "matrix", parts: [matrixTable(result)] };
}

/** An amount with two decimals is raw JSON text. */
function amount(euros: number | object): string {
  return Number(JSON.stringify(euros)).toLocaleString("en-US", { minimumFractionDigits: 2 });
}

type Rows = WhatIfResult["breakdowns"][keyof WhatIfResult["breakdowns"]];

function breakdownSection(title: string, rows: Rows): ReportSection {
  const differing = rows.filter((row) => row.differing > 0);
  if (differing.length === 0) return { title, parts: [] };
  const table: ReportTable = {
    kind: "table",
    head: [title.toLowerCase(), "cases", "differing", "share", "95% interval", "claims, €"],
    rows: differing.slice(0, MOST_ROWS).map((row) => [
      row.value,
      formatCount(row.cases),
      formatCount(row.differing),
      percent(row.share),
      `${percent(row.low)} – ${percent(row.high)}`,
      amount(row.euros),
    ]),
  };
  const more = differing.length - MOST_ROWS;
  const rest: ReportPart[] = more > 0 ? [{ kind: "text", text: `… and ${more} more, in what-if.json.` }] : [];
  return { title: `By ${title.toLowerCase()}`, parts: [table, ...rest] };
}

function simulatedSection(
  { cases, before, after, outcomes }: NonNullable<WhatIfResult["simulated"]>,
): ReportSection {
  const row = (what: string, value: (side: typeof before) => string) => [what, value(before), value(after)];
  const sums: ReportTable = {
    kind: "table",
    head: [`${formatCount(cases)} cases, simulated`, "now", "then"],
    rows: [
      row("resolved", ({ resolved }) => formatCount(resolved)),
      row("withdrawn", ({ withdrawn }) => formatCount(withdrawn)),
      row("escalated", ({ escalated }) => formatCount(escalated)),
      row("unfinished", ({ unfinished }) => formatCount(unfinished)),
      row("paid from there, €", ({ paid }) => amount(paid)),
      row("forgiven, €", ({ forgiven }) => amount(forgiven)),
      row("decisions of people", (side) => formatCount(side.decisions_by_people)),
      row("mean days to the end", (side) => formatCount(side.mean_days)),
    ],
  };
  const ends: ReportTable = {
    kind: "table",
    head: ["ends now", "ends then", "cases"],
    rows: outcomes.map((each) => [each.before, each.after, formatCount(each.cases)]),
  };
  const text = "Simulated, not history: the cases that differ, played on from there under both versions.";
  return { title: "What would have come of it (simulated)", parts: [{ kind: "text", text }, sums, ends] };
}

function firstSection({ first_differences: first }: WhatIfResult): ReportSection {
  const rows = first.slice(0, MOST_ROWS).map((each) => [
    String(each.position),
    each.case_id,
    each.before,
    each.before === each.after ? "the same, on other grounds" : each.after,
    amount(each.claim),
  ]);
  if (rows.length === 0) return { title: "", parts: [] };
  const head = ["position", "case", "now", "then", "claim, €"];
  return { title: "The first differences", parts: [{ kind: "table", head, rows }] };
}

function examplesSections({ examples }: WhatIfResult): ReportSection[] {
  return examples.map((each, i) => ({
    title: `Side by side ${i + 1}: case ${each.case_id}`,
    parts: [{
      kind: "table",
      head: ["", "now", "then"],
      rows: sideBySide(each.before_events, each.after_events),
    }],
  }));
}

/** The fields in which two lists of events differ, and those that say what they are. */
export function sideBySide(before: unknown, after: unknown): string[][] {
  const [was, is] = [flat(before), flat(after)];
  const names = [...new Set([...was.keys(), ...is.keys()])];
  return names.filter((name) => was.get(name) !== is.get(name) || /event_type|decision$|proposed$/.test(name))
    .map((name) => [name, was.get(name) ?? "", is.get(name) ?? ""]);
}

function flat(value: unknown, path = "", into: Map<string, string> = new Map()): Map<string, string> {
  if (typeof value !== "object" || value === null || JSON.isRawJSON(value)) {
    return into.set(path, typeof value === "string" ? value : JSON.stringify(value) ?? "");
  }
  const isList = Array.isArray(value);
  for (const [name, inner] of Object.entries(value)) {
    const key = isList ? `${Number(name) + 1}` : name.replace("data", "");
    flat(inner, [path, key].filter((part) => part !== "").join(" "), into);
  }
  return into;
}

function failedSection({ failed }: WhatIfResult): ReportSection {
  const parts = failed.map(({ position, case_id, processor, error }) => ({
    kind: "failure" as const,
    text: `${processor} at position ${position}, case ${case_id}: ${error}`,
  }));
  return { title: "Where the candidate fails", state: "failed", parts };
}

/** The same for a terminal, in short. */
export function whatIfText(result: WhatIfResult): string {
  const { head, rows } = matrixTable(result);
  const cells = rows.filter(([, , , differing]) => differing !== "0").map((row) => row.map(String));
  const failed = result.failed.map(({ position, case_id, processor, error }) =>
    `Failed: ${processor} at position ${position}, case ${case_id}: ${error}`
  );
  return [
    verdictOf(result),
    ...notesOf(result),
    ...(cells.length === 0 ? [] : ["", plainTable(head, cells)]),
    ...(result.simulated === undefined ? [] : ["", ...simulatedLines(result.simulated)]),
    ...failed,
  ].join("\n");
}

function simulatedLines({ cases, before, after }: NonNullable<WhatIfResult["simulated"]>): string[] {
  if (cases === 0) return [];
  const line = (name: string, side: typeof before) =>
    `  ${name}: ${formatCount(side.resolved)} resolved, ${formatCount(side.withdrawn)} withdrawn, ` +
    `${formatCount(side.escalated)} escalated, €${amount(side.paid)} paid, €${
      amount(side.forgiven)
    } forgiven, ` +
    `${formatCount(side.decisions_by_people)} decisions of people`;
  return [
    `Simulated, ${formatCount(cases)} cases from their first difference on:`,
    line("now", before),
    line("then", after),
  ];
}
