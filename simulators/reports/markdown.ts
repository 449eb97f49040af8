/** A report as Markdown, with its plots in files beside it; and tables for a terminal. Pure. @module */
import { type Cell, partsByKind, type Report, type ReportPart, type ReportPlot } from "./report.ts";

const PLOT_WIDTH = 560;

/** @param at ISO time of the report */
export function reportMarkdown({ title, verdict, notes, sections }: Report, at: string): string {
  return [
    `# ${title}`,
    `**${verdict.state.toUpperCase()}**: ${verdict.text}`,
    [`- ${at}`, ...notes.map((note) => `- ${note}`)].join("\n"),
    ...sections.flatMap(({ title, state, parts }) => [
      `## ${title}${state === undefined ? "" : `: ${state.toUpperCase()}`}`,
      ...partsByKind(parts).map(renderGroup),
    ]),
  ].filter((block) => block !== "").join("\n\n") + "\n";
}

/** The plots of a report that have a file, by its name. */
export function plotFiles({ sections }: Report): Record<string, string> {
  const plots = sections.flatMap(({ parts }) => parts).filter((part): part is ReportPlot =>
    part.kind === "plot"
  );
  return Object.fromEntries(
    plots.flatMap(({ file, plot }) =>
      file === undefined ? [] : [[`${file}.svg`, `${plot.draw(PLOT_WIDTH)}\n`]]
    ),
  );
}

function renderGroup(parts: readonly ReportPart[]): string {
  const isList = parts[0]!.kind === "failure" || parts[0]!.kind === "check";
  return parts.map(renderPart).filter((text) => text !== "").join(isList ? "\n" : "\n\n");
}

function renderPart(part: ReportPart): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "failure":
      return `- **${part.text}**`;
    case "check":
      return `- ${part.holds ? "holds" : "BROKEN"}: ${part.text}`;
    case "command":
      return `\`${part.text}\``;
    case "plot":
      return part.file === undefined ? "" : `![${part.plot.title}](${part.file}.svg)`;
    case "table":
      return [part.head, part.head.map(() => "---"), ...part.rows].map(tableRow).join("\n");
  }
}

function tableRow(cells: readonly Cell[]): string {
  const texts = cells.map((cell) => typeof cell === "string" ? cell : cell.text);
  return `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** A table for a terminal: columns side by side. */
export function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
      .trimEnd();
  return [line(head), ...rows.map(line)].join("\n");
}
