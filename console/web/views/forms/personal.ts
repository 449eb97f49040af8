/** Personal data: the form that opens it, and what it shows once. @module */
import type { OperatorAction } from "../../../../backends/dead_letters.ts";
import { maskCaseId } from "../../../../schema/bsn.ts";
import { redact } from "../../../cli/redaction.ts";
import { isAllowed } from "../../access.ts";
import type { PersonalField } from "../../data/personal_fields.ts";
import { type Content, type Markup, markup } from "../../markup.ts";
import type { Visit } from "../../page.ts";
import type { Writer } from "../../texts/catalogue.ts";
import { badge } from "../icon.ts";
import { actForm, caseLink, pageHead, textField } from "../parts.ts";
import { eventWord } from "../stepper.ts";

/** That it is closed, and for those who may the way to open it. */
export function closedView(caseId: string, visit: Visit): Markup {
  const { write, principal } = visit;
  return markup`<p class="closed">${badge("neutral", "lock", write("case.closed"))} ${
    write("case.closed.detail")
  }</p>${isAllowed(principal, "cases.open_personal") && openForm(caseId, visit)}`;
}

function openForm(caseId: string, visit: Visit): Markup {
  const { write } = visit;
  return markup`<details class="apart"><summary>${write("personal.open")}</summary><p>${
    write("personal.detail")
  }</p>${
    actForm(visit, `/cases/${encodeURIComponent(caseId)}/personal`, [
      textField("reason", write("reason"), { help: write("reason.help"), required: true }),
      markup`<button class="b primary">${write("personal.open")}</button>`,
    ])
  }</details>`;
}

/** What was closed, shown to who has just given a reason. */
export function personalBody(
  caseId: string,
  fields: readonly PersonalField[],
  { by, why }: OperatorAction,
  write: Writer,
): Markup {
  const byVersion = Map.groupBy(fields, ({ version }) => version);
  return markup`<p class="crumb"><a href="/cases">${write("nav.cases")}</a> › ${
    caseLink(caseId, maskCaseId(caseId))
  }</p>${pageHead(write("personal.title"), write("personal.kept", { by: redact(by), why: redact(why) }))}${
    fields.length === 0
      ? markup`<p>${write("personal.none")}</p>`
      : [...byVersion.values()].map((each) => section(each, write))
  }<p>${caseLink(caseId, write("personal.close"))}</p>`;
}

function section(fields: readonly PersonalField[], write: Writer): Content {
  const { version, event_type } = fields[0]!;
  return markup`<h2>${version}. ${eventWord(event_type, write)}</h2><dl class="facts">${
    fields.map(({ field, value }) => markup`<div><dt>${field}</dt><dd>${value}</dd></div>`)
  }</dl>`;
}
