/** `/cases`: which cases there are, in which state, what each waits for and until when. @module */
import { listedModels } from "../../../actors/case_list.ts";
import { waitNames } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { allEventTypes } from "../../../schema/events.ts";
import { redact } from "../../cli/redaction.ts";
import {
  type CaseFilter,
  caseFilters,
  type CaseLine,
  type CaseLines,
  type Cursor,
  cursorText,
  readCaseLine,
  readCaseLines,
  readCursor,
  writtenLine,
} from "../data/case_lines.ts";
import { type Markup, markup } from "../markup.ts";
import type { Page } from "../page.ts";
import type { Writer } from "../texts/catalogue.ts";
import { debtName } from "../views/debt.ts";
import { termText } from "../views/facts.ts";
import { emptyState, pageHead, shortId, textField, timeOf } from "../views/parts.ts";
import { openStates, stateBadge } from "../views/state.ts";
import { eventWord } from "../views/stepper.ts";

const PAGE = 25;

interface Filter extends CaseFilter {
  readonly id: string;
  readonly cursor: Cursor | undefined;
}

export const page: Page = {
  path: "/cases",
  act: "cases.see",
  async show({ write, url, sources }) {
    const filter = filterOf(url);
    const backend = await sources.backend();
    const found = await findLines(backend, filter);
    return {
      title: write("cases.title"),
      current: "cases",
      json: listJson(found),
      body: markup`${pageHead(write("cases.title"), write("cases.lead"))}${
        filterForm(filter, await listedModels(backend, "cases") !== undefined, write)
      }${found.lines.length === 0 ? noCases(filter, write) : table(found.lines, write)}${
        pager(filter, found, write)
      }`,
    };
  },
};

function filterOf({ searchParams }: URL): Filter {
  const given = caseFilters.map((name) => [name, searchParams.get(name)?.trim() ?? ""] as const);
  return {
    ...Object.fromEntries(given.filter(([, value]) => value !== "")),
    id: searchParams.get("id")?.trim() ?? "",
    cursor: readCursor(searchParams.get("cursor")),
  };
}

async function findLines(backend: Backend, { id, cursor, ...filter }: Filter): Promise<CaseLines> {
  if (id === "") return await readCaseLines(backend, filter, cursor, PAGE);
  const line = await readCaseLine(backend, id);
  return { lines: line === undefined ? [] : [line], newer: undefined, older: undefined };
}

function listJson({ lines, newer, older }: CaseLines): object {
  return {
    cases: lines.map((line) => ({ ...writtenLine(line), case_id: maskCaseId(line.case_id) })),
    newer: newer === undefined ? null : cursorText(newer),
    older: older === undefined ? null : cursorText(older),
  };
}

function filterForm(filter: Filter, hasModels: boolean, write: Writer): Markup {
  return markup`<form role="search"><div class="filter">${
    textField("id", write("cases.id"), { help: write("cases.id.help"), value: filter.id, isSearch: true })
  }${choice("latest", eventChoices(write), filter.latest, write)}<button class="b">${
    write("cases.search")
  }</button></div>${hasModels && moreFilters(filter, write)}</form>`;
}

/** What few ask for is out of the way, unless it is asked for. */
function moreFilters(filter: Filter, write: Writer): Markup {
  const { state, waits_for, organization } = filter;
  const isUsed = [state, waits_for, organization].some((each) => each !== undefined);
  return markup`<details${isUsed && markup` open`}><summary>${
    write("cases.more")
  }</summary><div class="filter">${choice("state", stateChoices(write), state, write)}${
    choice("waits_for", waitChoices(write), waits_for, write)
  }${textField("organization", write("cases.organization"), { value: organization ?? "" })}</div></details>`;
}

type Choices = readonly (readonly [value: string, word: string])[];

const eventChoices = (write: Writer): Choices => allEventTypes.map((type) => [type, eventWord(type, write)]);

const stateChoices = (write: Writer): Choices => [
  ...openStates.map((state) => [state, write.known(`state.${state}`, state)] as const),
  ["completed", write("cases.completed")],
];

const waitChoices = (write: Writer): Choices =>
  waitNames.map((name) => [name, waitWord(name, write)] as const);

function choice(
  name: "latest" | "state" | "waits_for",
  choices: Choices,
  chosen: string | undefined,
  write: Writer,
): Markup {
  return markup`<div class="field"><label for="${name}">${
    write(`cases.${name}`)
  }</label><select id="${name}" name="${name}"><option value="">${write("cases.any")}</option>${
    choices.map(([value, word]) =>
      markup`<option value="${value}"${value === chosen && markup` selected`}>${word}</option>`
    )
  }</select></div>`;
}

function noCases({ id, cursor: _, ...filter }: Filter, write: Writer): Markup {
  const isFiltered = id !== "" || Object.keys(filter).length > 0;
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
<td data-l="${write("cases.col.waits")}">${waitWord(waits_for, write)}${
    due && markup`<small>${termText(due, write)}</small>`
  }</td><td class="num" data-l="${write("cases.col.claim")}">${
    debt_amount === null ? "–" : write.amount(Math.round(debt_amount * 100))
  }</td><td data-l="${write("cases.col.latest")}">${eventWord(latest, write)}<small>${
    timeOf(updated_at, write)
  }</small></td><td class="num low">${line.version}</td></tr>`;
}

/** A person, a term, the system itself, or what ends its state. */
function waitWord(name: string, write: Writer): string {
  return write.known(`waits.${name}`, write.known(`term.${name}`, write.known(`state.${name}`, name)));
}

function pager({ id, cursor: _, ...filter }: Filter, { newer, older }: CaseLines, write: Writer): Markup {
  if (id !== "" || (newer === undefined && older === undefined)) return markup``;
  const address = (cursor: Cursor) =>
    `/cases?${new URLSearchParams({ ...filter, cursor: cursorText(cursor) })}`;
  return markup`<nav class="pager">${
    newer && markup`<a class="b" data-newer href="${address(newer)}">${write("newer")} <kbd>[</kbd></a>`
  }${
    older && markup`<a class="b" data-older href="${address(older)}">${write("older")} <kbd>]</kbd></a>`
  }</nav>`;
}
