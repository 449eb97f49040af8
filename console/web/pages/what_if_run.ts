/** `/what-if/runs/ID`: how far a run over all of history is, and what it came to. @module */
import type { WhatIfResult } from "../../../simulators/what_if/what_if_result.ts";
import { toSnakeCase } from "../../cli/output.ts";
import { redact, toPrintable } from "../../cli/redaction.ts";
import { assets } from "../assets.ts";
import { whatIfFile } from "../data/what_if_file.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Page, Visit } from "../page.ts";
import { Problem } from "../problem.ts";
import type { WhatIfRun } from "../runs/run.ts";
import type { Writer } from "../texts/catalogue.ts";
import { emptyState, factList, pageHead, timeOf } from "../views/parts.ts";
import { casesOf, caseTable, exampleView } from "../views/what_if/cases.ts";
import { exportLinks } from "../views/what_if/export_links.ts";
import { matrixTable, sharesView, shownPart } from "../views/what_if/result.ts";
import { cancelForm, changesText, runBadge } from "../views/what_if/run_form.ts";

export const page: Page = {
  path: "/what-if/runs/:id",
  act: "what_if.try",
  async show(visit) {
    const { write, url, params, sources: { runs } } = visit;
    await runs.resume();
    const run = runs.find(params.id!);
    if (run === undefined) throw new Problem(404, "whatif.run.none", "whatif.run.none.detail");
    const isRunning = run.state === "running";
    const share = isRunning ? runs.shareOf(run) : 1;
    const outcome = isRunning ? undefined : runs.outcomeOf(run);
    const result = outcome?.result;
    const title = titleOf(run, result, write);
    return {
      title,
      current: "what_if",
      styles: [assets.history.path],
      scripts: isRunning ? [assets.run.path] : [],
      json: { run: toSnakeCase(run), share, ...(result === undefined ? {} : { result }) },
      file: result && whatIfFile(result, url.searchParams.get("as")),
      body: markup`<p class="crumb"><a href="/what-if">${write("nav.what_if")}</a></p>${
        pageHead(title, lead(run, write), side(run, result, visit))
      }${progressView(run, share, visit)}${about(run, write)}${outcome && resultView(outcome, visit)}`,
    };
  },
};

type RunOutcome = NonNullable<ReturnType<Visit["sources"]["runs"]["outcomeOf"]>>;

/** The answer; while it runs, that it does. */
function titleOf({ state }: WhatIfRun, result: WhatIfResult | undefined, write: Writer): string {
  if (result === undefined) return write(`whatif.title.${state}`);
  return write("whatif.answer", { n: result.differing_cases, cases: result.cases });
}

function lead(run: WhatIfRun, write: Writer): string {
  const part = run.sample < 1
    ? write("whatif.of_part", { share: write.share(run.sample * 100) })
    : write("whatif.of_all");
  return `${part} ${write("whatif.nothing_stored")}`;
}

function side(run: WhatIfRun, result: WhatIfResult | undefined, { url, write }: Visit): Markup {
  return markup`${runBadge(run, write)} ${result && exportLinks(url, write)}`;
}

/** How far it is; a script renews it, without one the page is asked for again. */
function progressView(run: WhatIfRun, share: number, visit: Visit): Content {
  const { write } = visit;
  if (run.state !== "running") return "";
  const percent = Math.floor(share * 100);
  return markup`<section class="box" data-run><p><label for="run-share">${
    write("whatif.progress")
  }</label> <progress id="run-share" max="100" value="${percent}" data-share>${percent} %</progress> <b data-percent>${percent} %</b></p><p>${
    write("whatif.goes_on")
  } <a href="?">${write("whatif.look_again")}</a></p>${cancelForm(run, visit)}</section>`;
}

function about(run: WhatIfRun, write: Writer): Markup {
  const { by, why, at, ended } = run;
  const said = (text: string) => redact(toPrintable(text, 1_000));
  return markup`<section>${
    factList([
      [write("whatif.col.policy"), changesText(run, write)],
      [write("whatif.col.by"), said(by)],
      [write("reason"), said(why)],
      [write("whatif.col.at"), timeOf(at, write)],
      ...(ended === undefined ? [] : [[write("whatif.ended"), endOf(ended, write)] as const]),
    ])
  }</section>`;
}

function endOf({ at, by, why, error }: NonNullable<WhatIfRun["ended"]>, write: Writer): Content {
  const when = timeOf(at, write);
  if (error !== undefined) {
    return markup`${when} · ${write("whatif.failed", { error: toPrintable(error, 100) })}`;
  }
  if (by === undefined) return when;
  return markup`${when} · ${
    write("whatif.cancelled", { by: redact(toPrintable(by)), why: redact(toPrintable(why ?? "", 1_000)) })
  }`;
}

function resultView({ result, figures }: RunOutcome, { url, write }: Visit): Content {
  if (result.differences === 0) {
    const { decision_points: points, cases } = result;
    return emptyState("tick", write("whatif.none", { points, cases }), write("whatif.none.detail"));
  }
  const shown = shownPart(url.searchParams);
  const found = casesOf(figures, result, shown);
  const { failures } = result;
  return markup`${!result.complete && markup`<p><b>${write("whatif.incomplete")}</b></p>`}${
    failures > 0 && markup`<p><b>${write("whatif.failures", { n: failures })}</b></p>`
  }<section>${matrixTable(result, shown, write)}</section><div class="split">${
    sharesView(result, shown, write)
  }${exampleView(found, shown, write)}</div>${caseTable(found, shown, write)}`;
}
