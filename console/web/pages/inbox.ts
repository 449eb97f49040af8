/** `/inbox`: events that were refused on their way in, why, and what may be done about each. @module */
import type { Inbox, RejectedEvent } from "../../../backends/dead_letters.ts";
import { redactBsns } from "../../../schema/bsn.ts";
import { toPrintable } from "../../cli/redaction.ts";
import { shownRefused } from "../../cli/refused_text.ts";
import { isAllowed } from "../access.ts";
import { type Markup, markup } from "../markup.ts";
import type { Page, Visit } from "../page.ts";
import type { Writer } from "../texts/catalogue.ts";
import { actForm, emptyState, pageHead, textField, timeOf } from "../views/parts.ts";

const ROWS = 100;

export const page: Page = {
  path: "/inbox",
  act: "inbox.see",
  async show(visit) {
    const { write, sources, url } = visit;
    const { inbox } = await sources.backend();
    const total = await inbox?.count() ?? 0;
    const rows = await inbox?.list(ROWS) ?? [];
    const chosen = inbox && await chosenOf(inbox, url.searchParams.get("id"), rows);
    const title = write("inbox.title", { n: total });
    return {
      title,
      current: "inbox",
      json: { total, refused: rows.map(publicRow) },
      body: markup`${pageHead(title, write(inbox === undefined ? "inbox.none" : "inbox.lead"))}${
        chosen === undefined
          ? emptyState("tick", write("inbox.empty"), write("inbox.empty.detail"))
          : markup`<div class="split one-two"><section>${list(rows, chosen, write)}</section><section>${
            refusedView(chosen, visit)
          }</section></div>`
      }`,
    };
  },
};

async function chosenOf(inbox: Inbox, id: string | null, rows: readonly RejectedEvent[]) {
  const found = id === null || !/^\d{1,15}$/.test(id) ? undefined : await inbox.find(Number(id));
  return found ?? rows[0];
}

/** Without the text, which holds personal data. */
function publicRow({ id, at, reason }: RejectedEvent) {
  return { id: String(id), at, reason: redactBsns(reason) };
}

function list(rows: readonly RejectedEvent[], chosen: RejectedEvent, write: Writer): Markup {
  return markup`<table class="choose"><thead><tr><th>${write("inbox.col.id")}</th><th>${
    write("inbox.col.reason")
  }</th></tr></thead><tbody>${
    rows.map(publicRow).map(({ id, at, reason }) =>
      markup`<tr data-row${
        Number(id) === chosen.id && markup` class="chosen"`
      }><td><a class="strong" href="/inbox?id=${id}">${id}</a></td><td>${toPrintable(reason)}<small>${
        timeOf(at, write)
      }</small></td></tr>`
    )
  }</tbody></table>`;
}

function refusedView(refused: RejectedEvent, visit: Visit): Markup {
  const { write, principal } = visit;
  const { id, at, reason } = publicRow(refused);
  const form = (verb: "retry" | "discard", tone: string) =>
    isAllowed(principal, `inbox.${verb}`) && actForm(visit, `/inbox/${verb}`, [
      markup`<input type="hidden" name="id" value="${id}">`,
      textField("reason", write("reason"), { help: write("reason.help"), required: true }),
      markup`<button class="b ${tone}">${write(`inbox.${verb}`)}</button>`,
    ]);
  return markup`<h2>${write("inbox.event", { n: id })}</h2><p>${toPrintable(reason, 500)} ${
    timeOf(at, write)
  }</p>
<h3>${write("inbox.sent")}</h3><pre tabindex="0">${shownRefused(refused.text)}</pre>${
    form("retry", "primary")
  }
<details class="apart"><summary>${write("stuck.discard.title")}</summary>${form("discard", "bad")}</details>`;
}
