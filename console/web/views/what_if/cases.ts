/** The cases that differ: as a list, and one at a time with both versions side by side. @module */
import type {
  ComparisonFigures,
  PointDifference,
} from "../../../../simulators/what_if/comparison_figures.ts";
import { cellOf } from "../../../../simulators/what_if/comparison_figures.ts";
import { sideBySide } from "../../../../simulators/what_if/what_if_report.ts";
import type { WhatIfResult } from "../../../../simulators/what_if/what_if_result.ts";
import { type Content, type Markup, markup } from "../../markup.ts";
import type { Writer } from "../../texts/catalogue.ts";
import { caseLink } from "../parts.ts";
import { labelIn } from "./labels.ts";
import { addressWith, differingRows, type ShownPart, thenIn } from "./result.ts";

/** The first differences, or those that are kept of a cell of the matrix. */
export function casesOf(
  figures: ComparisonFigures,
  result: WhatIfResult,
  { cell }: ShownPart,
): readonly PointDifference[] {
  const row = differingRows(result)[cell - 1];
  if (row === undefined) return figures.first;
  const kept = figures.examples[cellOf(row.before, row.after)] ?? [];
  const first = figures.first.filter(({ before, after }) => before === row.before && after === row.after);
  const all = new Map([...first, ...kept].map((each) => [`${each.position} ${each.processor}`, each]));
  return [...all.values()].sort((a, b) => a.position - b.position);
}

export function caseTable(found: readonly PointDifference[], shown: ShownPart, write: Writer): Markup {
  const [now, then, claim] = [write("whatif.now"), write("whatif.then"), write("whatif.claim")];
  const isAll = shown.cell === 0;
  return markup`<section id="cases"><h2>${write(isAll ? "whatif.first" : "whatif.cell")}</h2>${
    !isAll && markup`<p><a href="${addressWith(shown, "cell", 0)}#cases">${write("whatif.cell.all")}</a></p>`
  }<table class="cards"><thead><tr><th>${
    write("whatif.case")
  }</th><th>${now}</th><th>${then}</th><th class="num">${claim}</th><th>${
    write("whatif.replay")
  }</th></tr></thead><tbody>${
    found.map((each) =>
      markup`<tr><td>${caseLink(each.caseId)}</td><td data-l="${now}">${
        labelIn(each.before, write)
      }</td><td data-l="${then}">${thenIn(each, write)}</td><td class="num" data-l="${claim}">${
        write.amount(each.claim)
      }</td><td data-l="${write("whatif.replay")}"><a href="/replay?case=${
        encodeURIComponent(each.caseId)
      }&amp;at=${each.position}">${write("whatif.replay.act")}</a></td></tr>`
    )
  }</tbody></table></section>`;
}

/** Fields that stand apart: a plan has dozens of them. */
const LONG_LISTS = /(instalments|missed_at) \d/;

/** One of those with both sides, as the address says which. */
export function exampleView(found: readonly PointDifference[], shown: ShownPart, write: Writer): Content {
  const examples = found.filter(({ sides }) => sides !== undefined);
  const asked = Number(shown.query.get("example") ?? 1) - 1;
  const at = examples[asked] === undefined ? 0 : asked;
  const example = examples[at];
  if (example === undefined) return "";
  const rows = sideBySide(example.sides![0], example.sides![1]);
  const lists = rows.filter(([name = ""]) => LONG_LISTS.test(name));
  const step = (to: number, text: string) =>
    examples[to] === undefined
      ? markup`<span class="b" aria-disabled="true">${text}</span>`
      : markup`<a class="b" href="${addressWith(shown, "example", to + 1)}#example">${text}</a>`;
  return markup`<section id="example"><h2>${write("whatif.example")} <small>${
    write("whatif.example.of", { at: at + 1, of: examples.length })
  }</small></h2><div class="box"><p>${caseLink(example.caseId)} · ${write.euros(example.claim)}</p>${
    sidesTable(rows.filter((row) => !lists.includes(row)), write)
  }${
    lists.length > 0 &&
    markup`<details><summary>${write("whatif.example.lists", { n: lists.length })}</summary>${
      sidesTable(lists, write)
    }</details>`
  }<p class="keys">${step(at - 1, write("whatif.previous"))} ${
    step(at + 1, write("whatif.next"))
  }</p></div></section>`;
}

function sidesTable(rows: readonly (readonly string[])[], write: Writer): Markup {
  return markup`<table class="diff"><thead><tr><td></td><th>${write("whatif.now")}</th><th>${
    write("whatif.then")
  }</th></tr></thead><tbody>${rows.map((row) => sideRow(row, write))}</tbody></table>`;
}

function sideRow([name = "", was = "", is = ""]: readonly string[], write: Writer): Markup {
  const [before, after] = [was || write("empty"), is || write("empty")];
  return was === is
    ? markup`<tr><th scope="row"><code>${name}</code></th><td>${before}</td><td>${after}</td></tr>`
    : markup`<tr><th scope="row"><code>${name}</code></th><td><del>${before}</del></td><td>→ <ins>${after}</ins></td></tr>`;
}
