/** Parts that several pages are made of. @module */
import { type Content, type Markup, markup } from "../markup.ts";
import type { Visit } from "../page.ts";
import type { Writer } from "../texts/catalogue.ts";
import { icon, type IconName } from "./icon.ts";

/** The head of a page: the headline is the answer, the lead its ground. */
export function pageHead(title: string, lead?: Content, side?: Content): Markup {
  return markup`<header class="head"><div><h1>${title}</h1>${
    lead ? markup`<p class="lead">${lead}</p>` : ""
  }</div>
${side ? markup`<div class="side">${side}</div>` : ""}</header>`;
}

/** Nothing to show: whether that is good, and one next step. */
export function emptyState(glyph: IconName, title: string, detail: string): Markup {
  return markup`<div class="none">${icon(glyph)}<p><b>${title}</b></p><p>${detail}</p></div>`;
}

/** A moment, with the exact one for machines and in its title. */
export function timeOf(at: string | number, write: Writer, withSeconds = false): Markup {
  const iso = new Date(at).toISOString();
  const text = withSeconds ? write.time(at) : write.moment(at);
  return markup`<time datetime="${iso}" title="${iso}">${text}</time>`;
}

/** The end of an id, which tells two apart; the whole one is its title. */
export function shortId(id: string): Markup {
  return id.length <= 14 ? markup`<code>${id}</code>` : markup`<code title="${id}">…${id.slice(-12)}</code>`;
}

export function caseLink(caseId: string, content: Content = shortId(caseId)): Markup {
  return markup`<a href="/cases/${encodeURIComponent(caseId)}">${content}</a>`;
}

/** A form that acts: it carries what only a page of this session knows. */
export function actForm(visit: Visit, path: string, fields: Content): Markup {
  return markup`<form method="post" action="${path}" class="act">
<input type="hidden" name="csrf" value="${visit.csrf}">${fields}</form>`;
}

let fieldNumber = 0;

/** A text field with its label and a line of help. */
export function textField(
  name: string,
  label: string,
  { help, value = "", required = false, lines = 1, digits = false, isSearch = false, isSecret = false }: {
    readonly help?: string;
    readonly value?: string;
    readonly required?: boolean;
    readonly lines?: number;
    readonly digits?: boolean;
    readonly isSearch?: boolean;
    readonly isSecret?: boolean;
  } = {},
): Markup {
  const id = `${name}-${fieldNumber = (fieldNumber + 1) % 1_000}`;
  const must = required && markup` required`;
  const described = help === undefined ? "" : markup` aria-describedby="${id}-help"`;
  const input = lines > 1
    ? markup`<textarea id="${id}" name="${name}" rows="${lines}"${must}${described}>${value}</textarea>`
    : markup`<input id="${id}" name="${name}" value="${value}" autocomplete="off"${
      isSecret && markup` type="password"`
    }${digits && markup` inputmode="numeric" pattern="[0-9]*"`}${
      isSearch && markup` data-search`
    }${must}${described}>`;
  const helper = help === undefined ? "" : markup`<small id="${id}-help">${help}</small>`;
  return markup`<div class="field"><label for="${id}">${label}</label>${input}${helper}</div>`;
}

/** Facts beside their names. */
export function factList(facts: readonly (readonly [string, Content])[]): Markup {
  return markup`<dl class="facts">${
    facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  }</dl>`;
}
