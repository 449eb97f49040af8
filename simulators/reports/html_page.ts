/** A report as one page that needs nothing else: no script, no other file. Pure. @module */
import { escape, unescape } from "@std/html/entities";
import {
  type Cell,
  partsByKind,
  type Report,
  type ReportEntry,
  type ReportPart,
  type ReportPlot,
  type ReportSection,
  type ReportTable,
  type VerdictState,
} from "./report.ts";
import style from "./style.css" with { type: "text" };

/** Plots are drawn once for wide screens and once for narrow ones; the stylesheet shows one of them. */
const PLOT_WIDTHS = { wide: 560, narrow: 300 };

/** @param at ISO time of the report */
export function reportPage(report: Report, at: string): string {
  const { title, verdict, notes, sections } = report;
  return page(title, verdict.state, {
    meta: `<meta name="report" content="${escape(JSON.stringify({ title, ...verdict, at }))}">\n`,
    header: `<p class="verdict">${badge(verdict.state)} ${escape(verdict.text)}</p>
<p class="note"><time datetime="${at}">${formatTime(at)}</time> · <a href="index.html">All reports</a></p>
${notes.map((note) => `<p class="note">${escape(note)}</p>`).join("\n")}`,
    main: sections.map(section).join("\n"),
  });
}

/** The reports of a directory, newest first. */
export function indexPage(entries: readonly ReportEntry[]): string {
  const rows = entries.toSorted((a, b) => b.at.localeCompare(a.at)).map((
    { file, title, state, verdict, at },
  ) => [
    { text: title, href: file },
    { text: state, state },
    verdict,
    formatTime(at),
  ]);
  return page("Reports", undefined, {
    header: `<p class="note">${entries.length} in this directory, newest first</p>`,
    main: table({ kind: "table", head: ["report", "verdict", "outcome", "when"], rows }),
  });
}

/** Reads a page of `reportPage` back; undefined for any other file. */
export function readEntry(file: string, html: string): ReportEntry | undefined {
  const content = /<meta name="report" content="([^"]*)">/.exec(html)?.[1];
  if (content === undefined) return undefined;
  const { title, state, text, at } = JSON.parse(unescape(content));
  return { file, title, state, verdict: text, at };
}

function page(
  title: string,
  state: VerdictState | undefined,
  { meta = "", header, main }: { meta?: string; header: string; main: string },
): string {
  const heading = escape(title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${meta}<title>${heading}${state === undefined ? "" : `: ${state}`} – Zaakstroom</title>
<style>
${style}</style>
</head>
<body>
<header>
<h1>${heading}</h1>
${header}
</header>
<main>
${main}
</main>
</body>
</html>
`;
}

function formatTime(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}

function badge(state: VerdictState): string {
  return `<strong class="badge ${state}">${state}</strong>`;
}

function section({ title, id, state, parts }: ReportSection): string {
  const heading = `<h2>${escape(title)}${state === undefined ? "" : ` ${badge(state)}`}</h2>`;
  const bodies = partsByKind(parts).map(renderGroup);
  return `<section${id === undefined ? "" : ` id="${id}"`}>\n${[heading, ...bodies].join("\n")}\n</section>`;
}

function renderGroup(parts: readonly ReportPart[]): string {
  const inside = parts.map(renderPart).join("\n");
  switch (parts[0]!.kind) {
    case "plot":
      return `<div class="plots">\n${inside}\n</div>`;
    case "failure":
    case "check":
      return `<ul class="${parts[0]!.kind}s">\n${inside}\n</ul>`;
    default:
      return inside;
  }
}

function renderPart(part: ReportPart): string {
  switch (part.kind) {
    case "text":
      return `<p>${escape(part.text)}</p>`;
    case "failure":
      return `<li>${escape(part.text)}</li>`;
    case "check":
      return `<li class="${part.holds ? "holds" : "broken"}">${part.holds ? "holds" : "broken"}: ${
        escape(part.text)
      }</li>`;
    case "command":
      return `<p><code>${escape(part.text)}</code></p>`;
    case "table":
      return table(part);
    case "plot":
      return figure(part);
  }
}

function figure({ plot }: ReportPlot): string {
  const variants = Object.entries(PLOT_WIDTHS).map(([name, width]) =>
    `<div class="${name}">${plot.draw(width)}</div>`
  );
  return `<figure>${variants.join("")}</figure>`;
}

/** On a narrow screen each row becomes a list, in which every cell says what it is; a lone one needs no name. */
function table({ head, rows }: ReportTable): string {
  const classes = head.map((_, i) => rows.every((row) => isFigure(row[i]!)) ? ' class="figure"' : "");
  const labels = head.map((text) => head.length === 2 ? "" : ` data-label="${escape(text)}"`);
  const heads = head.map((text, i) => `<th scope="col"${classes[i]}>${escape(text)}</th>`).join("");
  const row = ([first, ...cells]: readonly Cell[]) =>
    `<tr><th scope="row">${content(first!)}</th>${
      cells.map((cell, i) => `<td${classes[i + 1]}${labels[i + 1]}><span>${content(cell)}</span></td>`).join(
        "",
      )
    }</tr>`;
  return `<table><thead><tr>${heads}</tr></thead><tbody>\n${rows.map(row).join("\n")}\n</tbody></table>`;
}

/** Whether a cell holds a number, with its unit: these stand to the right, under each other. */
function isFigure(cell: Cell): boolean {
  return typeof cell === "string" && /^[\d.,]+( (ms|s|×))?$|^[-–]$/.test(cell);
}

function content(cell: Cell): string {
  if (typeof cell === "string") return escape(cell);
  if (cell.href !== undefined) return `<a href="${escape(cell.href)}">${escape(cell.text)}</a>`;
  return cell.state === undefined ? escape(cell.text) : badge(cell.state);
}
