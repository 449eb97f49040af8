/** What a comparison came to: the matrix of outcomes, the rules, who is hit more, and cases side by side. @module */
import { UNKNOWN } from "../../../../simulators/what_if/case_facts.ts";
import { FEW_NAME, type WhatIfResult } from "../../../../simulators/what_if/what_if_result.ts";
import { type Content, type Markup, markup } from "../../markup.ts";
import type { TextKey, Writer } from "../../texts/catalogue.ts";
import { debtName } from "../debt.ts";
import { labelIn } from "./labels.ts";

/** Rows of a table; all of them are in the JSON. */
const MOST_ROWS = 25;

/** What a page shows of a result, as its address says. */
export interface ShownPart {
  /** The address without these parts. */
  readonly query: URLSearchParams;
  /** Of the matrix, from 1; the cases of that cell are shown. */
  readonly cell: number;
  readonly by: string;
}

export function shownPart(query: URLSearchParams): ShownPart {
  return { query, cell: Number(query.get("cell") ?? 0), by: query.get("by") ?? "household" };
}

/** The address with one part of it changed. */
export function addressWith({ query }: ShownPart, name: string, value: string | number): string {
  const to = new URLSearchParams(query);
  for (const gone of ["done", "n", "example"]) to.delete(gone);
  to.set(name, String(value));
  return `?${to.toString()}`;
}

/** Rows that differ, the most frequent first. */
export function differingRows({ matrix }: WhatIfResult) {
  return matrix.filter(({ differing }) => differing > 0).slice(0, MOST_ROWS);
}

/** From one outcome to another; a row leads to its cases, where the page has them. */
export function matrixTable(result: WhatIfResult, shown: ShownPart | undefined, write: Writer): Markup {
  const [then, decisions, people, claims] = [
    write("whatif.then"),
    write("whatif.decisions"),
    write("whatif.people"),
    write("whatif.claims"),
  ];
  return markup`<h2>${write("whatif.matrix")}</h2><table class="cards choose"><thead><tr><th>${
    write("whatif.now")
  }</th><th>${then}</th><th class="num">${decisions}</th><th class="num">${people}</th><th class="num">${claims}</th></tr></thead><tbody>${
    differingRows(result).map((row, i) =>
      markup`<tr${shown?.cell === i + 1 && markup` class="chosen"`}><td><b>${
        labelIn(row.before, write)
      }</b></td><td data-l="${then}">${
        cellLink(thenIn(row, write), i + 1, shown)
      }</td><td class="num" data-l="${decisions}">${
        write.number(row.differing)
      }</td><td class="num" data-l="${people}">${
        write.number(row.people)
      }</td><td class="num" data-l="${claims}">${write.amount(centsOf(row.euros))}</td></tr>`
    )
  }</tbody></table>`;
}

function cellLink(text: string, cell: number, shown: ShownPart | undefined): Content {
  if (shown === undefined) return text;
  const current = shown.cell === cell && markup` aria-current="true"`;
  return markup`<a href="${addressWith(shown, "cell", cell)}#cases"${current}>${text}</a>`;
}

export function thenIn(
  { before, after }: { readonly before: string; readonly after: string },
  write: Writer,
): string {
  return before === after ? write("whatif.grounds") : labelIn(after, write);
}

/** An amount with two decimals is raw JSON text. */
export function centsOf(euros: number | object): number {
  return Math.round(Number(JSON.stringify(euros)) * 100);
}

type Dimension = keyof WhatIfResult["breakdowns"];

/** The share of cases that differ, by one property of them, each with its interval of 95%. */
export function sharesView(result: WhatIfResult, shown: ShownPart, write: Writer): Content {
  const names = Object.keys(result.breakdowns) as Dimension[];
  const by = names.find((name) => name === shown.by) ?? names[0]!;
  const rows = result.breakdowns[by].slice(0, MOST_ROWS);
  if (rows.length === 0 || result.cases === 0) return "";
  const overall = result.differing_cases / result.cases;
  const most = Math.max(0.01, ...rows.map(({ high }) => high));
  return markup`<section id="shares"><h2>${write("whatif.shares")}</h2><p class="keys">${
    names.map((name) =>
      markup`<a class="b" href="${addressWith(shown, "by", name)}#shares"${
        name === by && markup` aria-current="true"`
      }>${write(`whatif.by.${name}` as TextKey)}</a>`
    )
  }</p><ul class="shares">${
    rows.map((row) => shareRow(row, { name: valueName(by, row.value, write), overall, most }, write))
  }</ul><p><small>${
    write("whatif.shares.detail", { share: percentText(overall, write) })
  }</small></p></section>`;
}

type ShareRow = WhatIfResult["breakdowns"][Dimension][number];

function shareRow(
  { share, low, high, cases }: ShareRow,
  { name, overall, most }: { readonly name: Content; readonly overall: number; readonly most: number },
  write: Writer,
): Markup {
  const x = (part: number) => (part / most * 100).toFixed(2);
  const text = write("whatif.share", {
    ...{ share: percentText(share, write), low: percentText(low, write), high: percentText(high, write) },
    n: cases,
  });
  return markup`<li><span>${name}</span><svg viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true"><path d="M0 8H100"/><path class="all" d="M${
    x(overall)
  } 0V16"/><path class="range" d="M${x(low)} 8H${x(high)}"/><path class="point" d="M${
    x(share)
  } 2V14"/></svg><span>${text}</span></li>`;
}

/** A value as the reader knows it: what producers and rules call it, without what could be a number of a person. */
function valueName(by: Dimension, value: string, write: Writer): Content {
  if (value === UNKNOWN) return write("unknown");
  if (value === FEW_NAME) return write("whatif.few");
  return by === "rule" ? markup`<code>${value}</code>` : debtName(value);
}

function percentText(share: number, write: Writer): string {
  return `${write.share(Math.round(share * 1_000) / 10)} %`;
}
