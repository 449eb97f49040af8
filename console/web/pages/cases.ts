/** `/cases`: which cases there are, in which state, what each waits for and until when. @module */
import { listCases } from "../../../actors/case_list.ts";
import type { Backend, CaseSummary } from "../../../backends/backend.ts";
import { mapConcurrently } from "../../../backends/primitives/concurrency.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { allEventTypes } from "../../../schema/events.ts";
import { redact } from "../../cli/redaction.ts";
import { type CaseLine, caseLine, historyOf } from "../data/case_history.ts";
import { type Markup, markup } from "../markup.ts";
import type { Page } from "../page.ts";
import type { Writer } from "../texts/catalogue.ts";
import { debtName } from "../views/debt.ts";
import { termText } from "../views/facts.ts";
import { emptyState, pageHead, shortId, textField, timeOf } from "../views/parts.ts";
import { stateBadge } from "../views/state.ts";
import { eventWord } from "../views/stepper.ts";

/** Rows of a page. Each is folded from the events of its case, so there are few. */
const PAGE = 25;
/** As far as the list of cases goes back. */
const FARTHEST = 10_000;
const AT_ONCE = 8;

interface Filter {
  readonly id: string;
  readonly latest: string;
  /** Rows before this page. */
  readonly from: number;
}

export const page: Page = {
  path: "/cases",
  act: "cases.see",
  async show({ write, url, sources }) {
    const filter = filterOf(url);
    const { lines, hasMore } = await readLines(await sources.backend(), filter);
    return {
      title: write("cases.title"),
      current: "cases",
      json: { cases: lines.map((line) => ({ ...line, case_id: maskCaseId(line.case_id) })) },
      body: markup`${pageHead(write("cases.title"), write("cases.lead"))}${filterForm(filter, write)}${
        lines.length === 0 ? noCases(filter, write) : table(lines, write)
      }${pager(filter, lines.length, hasMore, write)}`,
    };
  },
};

function filterOf({ searchParams }: URL): Filter {
  const from = Number(searchParams.get("from") ?? 0);
  return {
    id: searchParams.get("id")?.trim() ?? "",
    latest: searchParams.get("latest") ?? "",
    from: Number.isSafeInteger(from) && from >= 0 ? Math.min(from, FARTHEST - PAGE) : 0,
  };
}

async function readLines(backend: Backend, { id, latest, from }: Filter) {
  if (id !== "") {
    const line = await lineOf(backend, id);
    return { lines: line.version === 0 ? [] : [line], hasMore: false };
  }
  const limit = Math.min(FARTHEST, from + PAGE + 1);
  const found = await listCases(backend, { limit, ...(latest === "" ? {} : { latest }) });
  const shown = found.slice(from, from + PAGE);
  const lines = await mapConcurrently(AT_ONCE, shown, ({ caseId }: CaseSummary) => lineOf(backend, caseId));
  return { lines, hasMore: found.length > from + PAGE };
}

async function lineOf(backend: Backend, caseId: string): Promise<CaseLine> {
  return caseLine(caseId, historyOf(await Array.fromAsync(backend.readCase(caseId))));
}

function filterForm({ id, latest }: Filter, write: Writer): Markup {
  return markup`<form class="filter" role="search">${
    textField("id", write("cases.id"), { help: write("cases.id.help"), value: id, isSearch: true })
  }<div class="field"><label for="latest">${
    write("cases.latest")
  }</label><select id="latest" name="latest"><option value="">${write("cases.any")}</option>${
    allEventTypes.map((type) =>
      markup`<option value="${type}"${type === latest && markup` selected`}>${
        eventWord(type, write)
      }</option>`
    )
  }</select></div><button class="b">${write("cases.search")}</button></form>`;
}

function noCases({ id, latest }: Filter, write: Writer): Markup {
  const isFiltered = id !== "" || latest !== "";
  return isFiltered
    ? emptyState("out", write("cases.empty.filter"), write("cases.empty.filter.detail"))
    : emptyState("waves", write("cases.empty"), write("cases.empty.detail"));
}

function table(lines: readonly CaseLine[], write: Writer): Markup {
  return markup`<table class="cards"><thead><tr><th>${write("cases.col.case")}</th><th>${
    write("cases.col.state")
  }</th><th>${write("cases.col.waits")}</th><th class="num">${write("cases.col.claim")}</th><th>${
    write("cases.col.latest")
  }</th><th class="num low">${write("cases.col.version")}</th></tr></thead><tbody>${
    lines.map((line) => row(line, write))
  }</tbody></table>`;
}

function row(line: CaseLine, write: Writer): Markup {
  const { case_id, debt_type, organization, state, waits_for, due, debt_amount, latest, updated_at } = line;
  const name = debt_type === null ? write("case.without_intake") : debtName(debt_type);
  return markup`<tr data-row><td><a class="strong" href="/cases/${encodeURIComponent(case_id)}">${name}</a> ${
    organization && redact(organization)
  }<small>${shortId(maskCaseId(case_id))}</small></td><td>${stateBadge(state, write)}</td>
<td data-l="${write("cases.col.waits")}">${write.known(`waits.${waits_for}`, waits_for)}${
    due && markup`<small>${termText(due, write)}</small>`
  }</td><td class="num" data-l="${write("cases.col.claim")}">${
    debt_amount === null ? "–" : write.amount(Math.round(debt_amount * 100))
  }</td><td data-l="${write("cases.col.latest")}">${eventWord(latest, write)}<small>${
    timeOf(updated_at, write)
  }</small></td><td class="num low">${line.version}</td></tr>`;
}

function pager({ from, latest }: Filter, shown: number, hasMore: boolean, write: Writer): Markup {
  if (shown === 0) return markup``;
  const address = (at: number) =>
    `/cases?${new URLSearchParams({ ...(latest && { latest }), from: `${at}` })}`;
  const [newer, older] = [from > 0, hasMore && from + PAGE < FARTHEST];
  return markup`<nav class="pager"><span>${
    write("cases.shown", { from: from + 1, to: from + shown })
  }</span>${
    newer &&
    markup`<a class="b" data-newer href="${address(Math.max(0, from - PAGE))}">${
      write("newer")
    } <kbd>[</kbd></a>`
  }${
    older && markup`<a class="b" data-older href="${address(from + PAGE)}">${write("older")} <kbd>]</kbd></a>`
  }</nav>`;
}
