/** The mandates of the system in words: what it decides alone that is adverse or final, by whom and since when. @module */
import type { SystemMandate } from "../../../actors/application.ts";
import { type Markup, markup } from "../markup.ts";
import type { Writer } from "../texts/catalogue.ts";

/** Those on ordinary cases, under a heading. */
export function mandatesView(mandates: readonly SystemMandate[], write: Writer): Markup {
  return markup`<section><h2>${write("mandates.title")}</h2>${
    mandates.length === 0
      ? markup`<p>${write("mandates.none")}</p>`
      : markup`<ul class="plain">${mandates.map((each) => mandateItem(each, write))}</ul>`
  }</section>`;
}

/** A mandate as a line of a list. */
function mandateItem({ name, decisions, upTo, givenBy, since }: SystemMandate, write: Writer): Markup {
  const what = decisions.map((each) => write.known(`action.${each}`, each)).join(", ");
  const given = { what, amount: write.amount(upTo), by: givenBy, day: write.date(since) };
  return markup`<li><b>${name}</b>: ${write("mandates.one", given)}</li>`;
}
