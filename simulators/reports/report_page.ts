/** A report as Markdown and as a page that needs nothing else. Pure. @module */
import { escapeXml } from "./svg_plot.ts";

/** A part of a report, in order. */
export type ReportPart =
  | { readonly kind: "text"; readonly text: string }
  | {
    readonly kind: "table";
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }
  | { readonly kind: "plot"; readonly name: string; readonly svg: string };

export interface ReportDocument {
  readonly title: string;
  readonly parts: readonly ReportPart[];
}

/** The files of a report, by name: Markdown with its plots beside it, and one page with everything in it. */
export function reportFiles(report: ReportDocument, name: string): Record<string, string> {
  const plots = report.parts.filter((part) => part.kind === "plot");
  return {
    [`${name}.md`]: markdown(report),
    [`${name}.html`]: page(report),
    ...Object.fromEntries(plots.map(({ name, svg }) => [`${name}.svg`, svg])),
  };
}

export function markdown({ title, parts }: ReportDocument): string {
  const bodies = parts.map((part) => {
    if (part.kind === "text") return part.text;
    if (part.kind === "plot") return `![${part.name}](${part.name}.svg)`;
    const line = (cells: readonly string[]) =>
      `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    return [line(part.head), line(part.head.map(() => "---")), ...part.rows.map(line)].join("\n");
  });
  return `# ${title}\n\n${bodies.join("\n\n")}\n`;
}

export function page({ title, parts }: ReportDocument): string {
  const bodies = parts.map((part) => {
    if (part.kind === "text") return `<p>${escapeXml(part.text)}</p>`;
    if (part.kind === "plot") return `<figure>${part.svg}</figure>`;
    const row = (cells: readonly string[], tag: string) =>
      `<tr>${cells.map((cell) => `<${tag}>${escapeXml(cell)}</${tag}>`).join("")}</tr>`;
    return `<table>${row(part.head, "th")}${part.rows.map((cells) => row(cells, "td")).join("\n")}</table>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeXml(title)}</title><style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: 0.25rem 0.75rem; border-bottom: 1px solid #ddd; text-align: left }
td { font-variant-numeric: tabular-nums } figure { margin: 1rem 0 } svg { max-width: 100%; height: auto }
</style></head><body><h1>${escapeXml(title)}</h1>
${bodies.join("\n")}
</body></html>
`;
}

/** The same tables for a terminal: columns side by side. */
export function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
      .trimEnd();
  return [line(head), ...rows.map(line)].join("\n");
}
