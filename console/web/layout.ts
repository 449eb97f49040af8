/** The frame of every page: the rail, what the person is called, and the main part. @module */
import { assets } from "./assets.ts";
import { type Act, isAllowed } from "./access.ts";
import { type Content, type Markup, markup } from "./markup.ts";
import type { Answer, RailPage, Theme, Visit } from "./page.ts";
import type { TextKey, Writer } from "./texts/catalogue.ts";

interface RailEntry {
  readonly page: RailPage;
  readonly path: string;
  readonly act: Act;
}

const overview: RailEntry = { page: "overview", path: "/", act: "overview.see" };
const groups: readonly { readonly title?: TextKey; readonly entries: readonly RailEntry[] }[] = [
  { entries: [overview, { page: "processors", path: "/processors", act: "processors.see" }] },
  {
    title: "nav.group.cases",
    entries: [
      { page: "cases", path: "/cases", act: "cases.see" },
      { page: "review", path: "/review", act: "review.see" },
    ],
  },
  {
    title: "nav.group.mend",
    entries: [
      { page: "stuck", path: "/stuck", act: "stuck.see" },
      { page: "inbox", path: "/inbox", act: "inbox.see" },
    ],
  },
  {
    title: "nav.group.history",
    entries: [
      { page: "replay", path: "/replay", act: "replay.see" },
      { page: "what_if", path: "/what-if", act: "what_if.try" },
    ],
  },
  {
    title: "nav.group.oversight",
    entries: [
      { page: "audit", path: "/audit", act: "audit.see" },
      { page: "node", path: "/node", act: "node.see" },
    ],
  },
];

/** What waits for a person, by the page that shows it. */
export type RailCounts = Readonly<Partial<Record<RailPage, number>>>;

/** A page in its frame. */
export function framed(visit: Visit, answer: Answer, counts: RailCounts): Markup {
  const { write } = visit;
  const inner = markup`<a class="skip" href="#main">${write("skip")}</a>
<header class="top"><span class="brand">${brand()}</span><button type="button" class="b" popovertarget="rail">${
    write("menu")
  }</button></header>
<aside class="rail" id="rail" aria-label="${write("menu")}" popover>${brand()}${
    rail(visit, answer.current, counts)
  }${person(visit)}</aside>
<main id="main" tabindex="-1">${notice(visit)}${answer.body}</main>`;
  const scripts = [assets.keys.path, ...answer.scripts ?? []];
  const styles = answer.styles?.map((path) => markup`<link rel="stylesheet" href="${path}">`);
  return document(write, visit.theme, answer.title, inner, scripts, styles);
}

/** A page without the rail, for those who are not signed in. */
export function unframed(write: Writer, title: string, body: Content, refreshTo?: string): Markup {
  const refresh = refreshTo === undefined
    ? ""
    : markup`<meta http-equiv="refresh" content="0;url=${refreshTo}">`;
  const inner = markup`<main id="main" class="bare">${brand()}${body}</main>`;
  return document(write, undefined, title, inner, [], refresh);
}

function document(
  { language }: Writer,
  theme: Theme | undefined,
  title: string,
  inner: Markup,
  scripts: readonly string[],
  head: Content = "",
): Markup {
  const themed = theme === undefined ? "" : markup` data-theme="${theme}"`;
  return markup`<!doctype html>
<html lang="${language}"${themed}><head><meta charset="utf-8"><title>${title} · Zaakstroom</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="${assets.icon.path}"><link rel="stylesheet" href="${assets.style.path}">${head}
${
    scripts.map((path) => markup`<script type="module" src="${path}"></script>`)
  }</head><body>${inner}</body></html>`;
}

function brand(): Markup {
  return markup`<a class="brand" href="/"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M2 7q5-4 10 0t10 0M2 13q5-4 10 0t10 0M2 19q5-4 10 0t10 0"/></svg>Zaakstroom</a>`;
}

/** Pages that the person may not open are not there. */
function rail({ write, principal }: Visit, current: RailPage, counts: RailCounts): Markup {
  const shown = groups.map(({ title, entries }) => ({
    title,
    entries: entries.filter(({ act }) => isAllowed(principal, act)),
  })).filter(({ entries }) => entries.length > 0);
  return markup`<nav aria-label="${write("nav.label")}">${
    shown.map(({ title, entries }) =>
      markup`${title && markup`<p>${write(title)}</p>`}<ul>${
        entries.map(({ page, path }) =>
          markup`<li><a href="${path}"${page === current && markup` aria-current="page"`}>${
            write(`nav.${page}`)
          }${countOf(page, counts)}</a></li>`
        )
      }</ul>`
    )
  }</nav>`;
}

/** A count that is zero is not shown; the live stream may change it. */
function countOf(page: RailPage, counts: RailCounts): Content {
  const count = counts[page];
  return count !== undefined &&
    markup` <b class="n ${page}" data-rail="${page}"${count === 0 && markup` hidden`}>${count}</b>`;
}

function person(visit: Visit): Markup {
  const { write, principal, theme } = visit;
  const other = write.language === "nl" ? "en" : "nl";
  // Without a choice the browser's own theme shows, which the server does not know.
  const others = (["light", "dark"] as const).filter((each) => each !== theme);
  return markup`<div class="person"><b>${principal.name}</b><p>${
    principal.roles.map((role) => write(`role.${role}`)).join(", ")
  }</p>${preference(visit, "language", other, write("lang.other"))}${
    others.map((each) => preference(visit, "theme", each, write(`theme.${each}`)))
  }<form method="post" action="/logout"><input type="hidden" name="csrf" value="${visit.csrf}"><button class="link">${
    write("sign_out")
  }</button></form></div>`;
}

function preference(visit: Visit, name: string, value: string, label: string): Markup {
  const to = visit.url.pathname + visit.url.search;
  return markup`<form method="post" action="/preferences"><input type="hidden" name="csrf" value="${visit.csrf}">
<input type="hidden" name="to" value="${to}"><button class="link" name="${name}" value="${value}">${label}</button></form>`;
}

/** What was just done, as the address says: one of a few texts and a number. */
function notice({ url, write }: Visit): Content {
  const [done, count] = [url.searchParams.get("done") ?? "", Number(url.searchParams.get("n") ?? 1)];
  const text = write.known(`done.${done}`, "");
  if (text === "" || !Number.isSafeInteger(count)) return "";
  return markup`<p class="toast" role="status">${write(`done.${done}` as TextKey, { n: count })}</p>`;
}
