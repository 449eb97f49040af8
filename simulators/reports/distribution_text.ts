/** A distribution report as plain text. (As JSON it is what it is.) @module */
import type { DistributionReport, DistributionSection, ReportLine, Unit } from "./distribution_report.ts";

const columns = [34, 12, 12, 14, 10] as const;

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
    : [`  chi-square ${fit.statistic.toFixed(1)} on ${fit.degrees} degrees of freedom`];
  const heading = cells([
    "",
    certainty === "assumption" ? "assumed" : "source",
    "generated",
    "deviation",
    "cases",
  ]);
  return ["", `${title} (${origin})`, ...test, heading, ...lines.map((line) => renderLine(line, unit))];
}

function renderLine({ item, source, generated, deviation, cases }: ReportLine, unit: Unit): string {
  const sign = deviation < 0 ? "" : "+";
  const ending = unit === "share" ? "pp" : "%";
  const change = `${sign}${deviation.toFixed(2)} ${ending}`;
  return cells([item, amount(source, unit), amount(generated, unit), change, String(cases)]);
}

function amount(value: number, unit: Unit): string {
  if (unit === "share") return `${(100 * value).toFixed(2)}%`;
  return unit === "index" ? value.toFixed(3) : value.toFixed(2);
}

function cells([item, ...numbers]: readonly string[]): string {
  return `  ${item!.padEnd(columns[0])}${numbers.map((text, i) => text.padStart(columns[i + 1]!)).join("")}`;
}
