/** Facts of a case in words, and what changed of them. @module */
import type { Fact, FactName, Step } from "../data/case_history.ts";
import { workingDaysUntil } from "../data/working_days.ts";
import { type Markup, markup } from "../markup.ts";
import type { TextKey, Writer } from "../texts/catalogue.ts";
import { factList } from "./parts.ts";

export function factText({ kind, value, group }: Fact, write: Writer): string {
  switch (kind) {
    case "cents":
      return write.euros(Number(value));
    case "day":
      return write.date(String(value));
    case "number":
      return write.share(Number(value));
    case "word":
      return write.known(`${group}.${value}`, String(value));
    case "text":
      return value === "system" ? write("waits.system") : String(value);
  }
}

const nameOf = (field: FactName, write: Writer) => write(`field.${field}` as TextKey);

/** Only what changed: the old value struck, the new one on its ground. */
export function changesView({ changes, isAccepted }: Step, write: Writer): Markup {
  const refused = !isAccepted && markup`<p>${write("case.refused")}</p>`;
  if (changes.length === 0) return markup`${refused || markup`<p>${write("case.changed.nothing")}</p>`}`;
  const textOf = (fact: Fact | undefined) => fact === undefined ? write("empty") : factText(fact, write);
  return markup`${refused}<table class="diff"><tbody>${
    changes.map(({ field, before, after }) =>
      markup`<tr><th scope="row">${nameOf(field, write)}</th><td>${
        before === undefined ? textOf(before) : markup`<del>${textOf(before)}</del>`
      }</td><td>→ <ins>${textOf(after)}</ins></td></tr>`
    )
  }</tbody></table>`;
}

/** All that is known at a version. */
export function wholeState({ facts }: Step, write: Writer): Markup {
  const known = Object.entries(facts) as [FactName, Fact][];
  return factList(known.map(([field, fact]) => [nameOf(field, write), factText(fact, write)] as const));
}

/** How far a term is, in working days, with the date beside it. */
export function termText(due: string, write: Writer, now = Date.now()): string {
  const days = workingDaysUntil(due, now);
  if (days === undefined) return write.date(due);
  if (days === 0) return write("days.today");
  return days > 0 ? write("days.left", { n: days }) : write("days.late", { n: -days });
}
