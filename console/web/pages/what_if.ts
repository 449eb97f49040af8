/** `/what-if`: the policy with its bounds, and what another one would have decided on the latest cases. @module */
import { policy as inEffect, policyFields, writtenMandate } from "../../../actors/application.ts";
import type { WhatIfResult } from "../../../simulators/what_if/what_if_result.ts";
import { MOST_SECONDS, type TriedPolicy, triedPolicyOf, tryOnLatest } from "../data/tried_policy.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Page } from "../page.ts";
import type { Fill, Writer } from "../texts/catalogue.ts";
import { caseLink, pageHead } from "../views/parts.ts";
import { labelIn } from "../views/what_if/labels.ts";
import { mandatesView } from "../views/mandates.ts";

/** Rows of a table; all of them are in the JSON. */
const MOST_ROWS = 25;

export const page: Page = {
  path: "/what-if",
  act: "what_if.try",
  async show({ write, url, sources }) {
    const policy = triedPolicyOf(url.searchParams);
    const { candidate, changes, fault, now } = policy;
    const result = candidate && await tryOnLatest(await sources.backend(), candidate, changes);
    return {
      title: write("whatif.title"),
      current: "what_if",
      status: fault === undefined ? 200 : 422,
      json: fault !== undefined
        ? { fault }
        : result ?? { policy: now, mandates: inEffect.mandates.map(writtenMandate) },
      ...(result === undefined ? {} : { download: "what-if.json" }),
      body: markup`${pageHead(write("whatif.title"), write("whatif.lead"))}${outcome(policy, result, write)}${
        form(policy, write)
      }${mandatesView(inEffect.mandates, write)}`,
    };
  },
};

function outcome({ fault }: TriedPolicy, result: WhatIfResult | undefined, write: Writer): Content {
  if (fault !== undefined) {
    return markup`<p role="alert"><b>${write("whatif.invalid", { why: fault })}</b></p>`;
  }
  if (result === undefined) return markup`<p>${write("whatif.same")}</p>`;
  const { differences: n, differing_cases: differing, decision_points: points, cases, failures } = result;
  const fill: Fill = { n, differing, points, cases };
  return markup`<section aria-live="polite"><h2>${write(n === 0 ? "whatif.none" : "whatif.found", fill)}</h2>
<p>${result.changes.join("; ")}</p><p>${write("whatif.scope")} ${
    result.complete ? "" : write("whatif.partly", { seconds: MOST_SECONDS })
  }</p>${failures > 0 && markup`<p><b>${write("whatif.failures", { n: failures })}</b></p>`}${
    n > 0 && [matrix(result, write), first(result, write)]
  }</section>`;
}

function matrix({ matrix }: WhatIfResult, write: Writer): Markup {
  const rows = matrix.filter(({ differing }) => differing > 0).slice(0, MOST_ROWS);
  const [then, decisions, people, claims] = [
    write("whatif.then"),
    write("whatif.decisions"),
    write("whatif.people"),
    write("whatif.claims"),
  ];
  return markup`<h3>${write("whatif.matrix")}</h3><table class="cards"><thead><tr><th>${
    write("whatif.now")
  }</th><th>${then}</th><th>${decisions}</th><th>${people}</th><th>${claims}</th></tr></thead><tbody>${
    rows.map((row) =>
      markup`<tr><td><b>${labelIn(row.before, write)}</b></td><td data-l="${then}">${
        thenIn(row, write)
      }</td><td data-l="${decisions}">${write.number(row.differing)}</td><td data-l="${people}">${
        write.number(row.people)
      }</td><td data-l="${claims}">${write.amount(centsOf(row.euros))}</td></tr>`
    )
  }</tbody></table>`;
}

function first({ first_differences }: WhatIfResult, write: Writer): Markup {
  const [now, then, claim] = [write("whatif.now"), write("whatif.then"), write("whatif.claim")];
  return markup`<h3>${write("whatif.first")}</h3><table class="cards"><thead><tr><th>${
    write("whatif.case")
  }</th><th>${now}</th><th>${then}</th><th>${claim}</th></tr></thead><tbody>${
    first_differences.slice(0, MOST_ROWS).map((each) =>
      markup`<tr><td>${caseLink(each.case_id)}</td><td data-l="${now}">${
        labelIn(each.before, write)
      }</td><td data-l="${then}">${thenIn(each, write)}</td><td data-l="${claim}">${
        write.amount(centsOf(each.claim))
      }</td></tr>`
    )
  }</tbody></table>`;
}

function thenIn(
  { before, after }: { readonly before: string; readonly after: string },
  write: Writer,
): string {
  return before === after ? write("whatif.grounds") : labelIn(after, write);
}

/** An amount with two decimals is raw JSON text. */
function centsOf(euros: number | object): number {
  return Math.round(Number(JSON.stringify(euros)) * 100);
}

function form({ asked, now }: TriedPolicy, write: Writer): Markup {
  return markup`<form class="filter">${
    policyFields.map(({ name, unit, least, most }) => {
      const id = `policy-${name}`;
      const step = unit === "euros" || unit === "share" ? "0.01" : "1";
      const label = write.known(`policy.${name}`, name);
      const help = write("whatif.bounds", {
        unit: write.known(`unit.${unit}`, unit),
        ...{ least, most, now: now[name]! },
      });
      return markup`<div class="field"><label for="${id}">${label}</label><input id="${id}" name="${name}" type="number" min="${least}" max="${most}" step="${step}" value="${asked[
        name
      ]!}" required aria-describedby="${id}-help"><small id="${id}-help">${help}</small></div>`;
    })
  }<button class="b">${write("whatif.try")}</button></form>`;
}
