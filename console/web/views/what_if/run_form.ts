/** The forms by which a run over all of history is begun and cancelled, and the list of runs. @module */
import { redact, toPrintable } from "../../../cli/redaction.ts";
import { isAllowed } from "../../access.ts";
import type { TriedPolicy } from "../../data/tried_policy.ts";
import { type Content, type Markup, markup } from "../../markup.ts";
import type { Visit } from "../../page.ts";
import type { RunState, WhatIfRun } from "../../runs/run.ts";
import type { TextKey, Writer } from "../../texts/catalogue.ts";
import { badge, type IconName, type Tone } from "../icon.ts";
import { actForm, textField, timeOf } from "../parts.ts";

/** For a policy that is other than the one in effect. */
export function startForm({ bounds }: TriedPolicy, visit: Visit): Content {
  const { write, principal } = visit;
  if (Object.keys(bounds).length === 0 || !isAllowed(principal, "what_if.run")) return "";
  const hidden = Object.entries(bounds).map(([name, value]) =>
    markup`<input type="hidden" name="${name}" value="${value}">`
  );
  return markup`<section class="box"><h2>${write("whatif.run.title")}</h2><p>${
    write("whatif.run.detail")
  }</p>${
    actForm(visit, "/what-if/runs", [
      hidden,
      markup`<div class="field"><label for="whatif-sample">${
        write("whatif.sample")
      }</label><select id="whatif-sample" name="sample">${
        (["all", "tenth", "hundredth"] as const).map((each) =>
          markup`<option value="${each}">${write(`whatif.sample.${each}`)}</option>`
        )
      }</select></div>`,
      textField("reason", write("reason"), { help: write("reason.help"), required: true }),
      markup`<button class="b primary">${write("whatif.run.act")}</button>`,
    ])
  }</section>`;
}

export function cancelForm({ id, state }: WhatIfRun, visit: Visit): Content {
  const { write, principal } = visit;
  if (state !== "running" || !isAllowed(principal, "what_if.run")) return "";
  return markup`<details class="apart"><summary>${write("whatif.cancel")}</summary>${
    actForm(visit, "/what-if/runs/cancel", [
      markup`<input type="hidden" name="id" value="${id}">`,
      textField("reason", write("reason"), { help: write("reason.help"), required: true }),
      markup`<button class="b bad">${write("whatif.cancel")}</button>`,
    ])
  }</details>`;
}

const looks: Readonly<Record<RunState, readonly [Tone, IconName]>> = {
  running: ["info", "waves"],
  done: ["good", "tick"],
  cancelled: ["neutral", "out"],
  failed: ["bad", "triangle"],
};

export function runBadge({ state }: WhatIfRun, write: Writer): Markup {
  return badge(...looks[state], write(`whatif.state.${state}`));
}

/** Everybody's runs, the latest first. */
export function runList(
  runs: readonly WhatIfRun[],
  shareOf: (run: WhatIfRun) => number,
  write: Writer,
): Content {
  if (runs.length === 0) return "";
  const [state, by, at] = [write("whatif.col.state"), write("whatif.col.by"), write("whatif.col.at")];
  return markup`<section><h2>${write("whatif.runs")}</h2><table class="cards"><thead><tr><th>${
    write("whatif.col.policy")
  }</th><th>${state}</th><th>${by}</th><th>${at}</th></tr></thead><tbody>${
    runs.map((run) =>
      markup`<tr><td><a href="/what-if/runs/${run.id}"><b>${
        changesText(run, write)
      }</b></a></td><td data-l="${state}"><span>${runBadge(run, write)}${
        run.state === "running" && ` ${write.share(Math.floor(shareOf(run) * 100))} %`
      }</span></td><td data-l="${by}">${redact(toPrintable(run.by))}</td><td data-l="${at}">${
        timeOf(run.at, write)
      }</td></tr>`
    )
  }</tbody></table></section>`;
}

/** What is other than it is, in the words of the form. */
export function changesText({ changes }: { readonly changes: readonly string[] }, write: Writer): string {
  return changes.map((change) => {
    const [name = ""] = change.split(" ");
    return `${write.known(`policy.${name}` as TextKey, name)}${
      change.slice(name.length).replace(/^ /, ": ")
    }`;
  }).join("; ");
}
