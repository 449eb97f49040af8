/** A distribution report as plain text. (As JSON it is what it is.) @module */
import { plainTable } from "./markdown.ts";
import type { DistributionReport, DistributionSection, ReportLine, Unit } from "./distribution_report.ts";

/** Sourced and generated side by side, with the deviation. */
export function renderReport({ cases, departure, sections }: DistributionReport): string {
  const head = [
    `${cases} cases. ${departure}`,
    "Deviation: percentage points (pp) of a share, percent of anything else.",
  ];
  return [...head, ...sections.flatMap(renderSection)].join("\n") + "\n";
}

function renderSection({ title, unit, certainty, source, fit, lines }: DistributionSection): string[] {
  const origin = source === certainty ? certainty : `${certainty}: ${source}`;
  const test = fit === undefined
    ? []
    : [`chi-square ${fit.statistic.toFixed(1)} on ${fit.degrees} degrees of freedom`];
  const assumed = certainty === "assumption" ? "assumed" : "source";
  const head = ["", assumed, "generated", "deviation", "cases"];
  return ["", `${title} (${origin})`, ...test, plainTable(head, lines.map((line) => cellsOf(line, unit)))];
}

function cellsOf({ item, source, generated, deviation, cases }: ReportLine, unit: Unit): string[] {
  const sign = deviation < 0 ? "" : "+";
  const ending = unit === "share" ? "pp" : "%";
  const change = `${sign}${deviation.toFixed(2)} ${ending}`;
  return [item, amount(source, unit), amount(generated, unit), change, String(cases)];
}

function amount(value: number, unit: Unit): string {
  if (unit === "share") return `${(100 * value).toFixed(2)}%`;
  return unit === "index" ? value.toFixed(3) : value.toFixed(2);
}
