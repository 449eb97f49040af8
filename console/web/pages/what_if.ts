/** `/what-if`: the policy with its bounds, what another one would have decided on the latest cases, and runs over all of them. @module */
import { policy as inEffect, writtenMandate } from "../../../actors/application.ts";
import type { WhatIfResult } from "../../../simulators/what_if/what_if_result.ts";
import { toSnakeCase } from "../../cli/output.ts";
import { assets } from "../assets.ts";
import { MOST_SECONDS, type TriedPolicy, triedPolicyOf, tryOnLatest } from "../data/tried_policy.ts";
import { whatIfFile } from "../data/what_if_file.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Page } from "../page.ts";
import type { Fill, Writer } from "../texts/catalogue.ts";
import { mandatesView } from "../views/mandates.ts";
import { caseLink, pageHead } from "../views/parts.ts";
import { exportLinks } from "../views/what_if/export_links.ts";
import { labelIn } from "../views/what_if/labels.ts";
import { policyForm } from "../views/what_if/policy_form.ts";
import { centsOf, matrixTable, thenIn } from "../views/what_if/result.ts";
import { changesText, runList, startForm } from "../views/what_if/run_form.ts";

/** Rows of a table; all of them are in the JSON. */
const MOST_ROWS = 10;

export const page: Page = {
  path: "/what-if",
  act: "what_if.try",
  async show(visit) {
    const { write, url, sources } = visit;
    const policy = triedPolicyOf(url.searchParams);
    const { candidate, changes, fault, now } = policy;
    const result = candidate && await tryOnLatest(await sources.backend(), candidate, changes);
    await sources.runs.resume();
    const runs = await sources.runs.list();
    const title = titleOf(result, write);
    return {
      title,
      current: "what_if",
      status: fault === undefined ? 200 : 422,
      styles: [assets.history.path],
      json: fault !== undefined
        ? { fault }
        : result ?? { policy: now, mandates: inEffect.mandates.map(writtenMandate), runs: toSnakeCase(runs) },
      file: result && whatIfFile(result, url.searchParams.get("as")),
      body: markup`${
        pageHead(title, write("whatif.lead"), result && exportLinks(url, write))
      }<div class="split one-two">${policyForm(policy, write)}<div>${outcome(policy, result, write)}${
        startForm(policy, visit)
      }${result && result.differences > 0 && first(result, write)}${
        runList(runs, (run) => sources.runs.shareOf(run), write)
      }</div></div>${mandatesView(inEffect.mandates, write)}`,
    };
  },
};

/** The answer, where something was asked. */
function titleOf(result: WhatIfResult | undefined, write: Writer): string {
  if (result === undefined) return write("whatif.title");
  const { differing_cases: n, cases } = result;
  return write("whatif.answer", { n, cases });
}

function outcome({ fault }: TriedPolicy, result: WhatIfResult | undefined, write: Writer): Content {
  if (fault !== undefined) {
    return markup`<p role="alert"><b>${write("whatif.invalid", { why: fault })}</b></p>`;
  }
  if (result === undefined) return markup`<section><p>${write("whatif.same")}</p></section>`;
  const { differences: n, differing_cases: differing, decision_points: points, cases, failures } = result;
  const fill: Fill = { n, differing, points, cases };
  return markup`<section aria-live="polite"><p><b>${
    write(n === 0 ? "whatif.none" : "whatif.found", fill)
  }</b></p><p>${changesText(result, write)}</p><p><small>${write("whatif.scope")} ${
    result.complete ? "" : write("whatif.partly", { seconds: MOST_SECONDS })
  }</small></p>${failures > 0 && markup`<p><b>${write("whatif.failures", { n: failures })}</b></p>`}${
    n > 0 && matrixTable(result, undefined, write)
  }</section>`;
}

function first({ first_differences }: WhatIfResult, write: Writer): Markup {
  const [now, then, claim] = [write("whatif.now"), write("whatif.then"), write("whatif.claim")];
  return markup`<section><h2>${write("whatif.first")}</h2><table class="cards"><thead><tr><th>${
    write("whatif.case")
  }</th><th>${now}</th><th>${then}</th><th class="num">${claim}</th></tr></thead><tbody>${
    first_differences.slice(0, MOST_ROWS).map((each) =>
      markup`<tr><td>${caseLink(each.case_id)}</td><td data-l="${now}">${
        labelIn(each.before, write)
      }</td><td data-l="${then}">${thenIn(each, write)}</td><td class="num" data-l="${claim}">${
        write.amount(centsOf(each.claim))
      }</td></tr>`
    )
  }</tbody></table></section>`;
}
