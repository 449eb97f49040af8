/** What happened up to a step, the newest first, and of one case what is known of it then. @module */
import type { Frame } from "../../data/replay/frames.ts";
import type { ThenAndNow } from "../../data/replay/rules_now.ts";
import { MOST_CASES } from "../../data/replay/rules_now.ts";
import { type Content, type Markup, markup } from "../../markup.ts";
import type { TextKey, Writer } from "../../texts/catalogue.ts";
import { liveText } from "../flow.ts";
import { shortId } from "../parts.ts";
import { labelIn } from "../what_if/labels.ts";

/** Events that are shown at a time. */
const SHOWN = 6;

export function happenings(frames: readonly Frame[], step: number, write: Writer): Markup {
  const shown = frames.slice(Math.max(0, step + 1 - SHOWN), step + 1).toReversed();
  return markup`<section><h2>${write("replay.happens")}</h2><ol class="story" data-happened>${
    shown.map(({ texts, version, caseId, at }, i) =>
      markup`<li class="info${i === 0 && " current"}"><time datetime="${
        new Date(at).toISOString()
      }">${texts.time}</time><a class="ring" href="${
        caseAddress(caseId, version)
      }">${version}</a><div><p><b>${texts.what}</b> ${shortId(caseId)}</p></div></li>`
    )
  }</ol></section>`;
}

const caseAddress = (caseId: string, version: number) => `/cases/${encodeURIComponent(caseId)}?v=${version}`;

/** The state of one case at a step; empty where a stretch is of all cases. */
export function stateAt(frame: Frame, write: Writer): Content {
  if (frame.facts === undefined) return "";
  return markup`<section data-version="${frame.version}" data-state="${frame.state}"><h2>${
    liveText("state", frame)
  }</h2><table class="diff"><thead><tr><th>${write("replay.state.fact")}</th><th>${
    write("replay.state.value")
  }</th></tr></thead><tbody data-facts>${
    frame.facts.map(([name, text]) =>
      markup`<tr><th scope="row">${write(`field.${name}` as TextKey)}</th><td>${text}</td></tr>`
    )
  }</tbody></table><p><a data-open-case href="${caseAddress(frame.caseId, frame.version)}">${
    write("replay.open_case")
  }</a></p></section>`;
}

/** Where the rules of now answer otherwise. */
export function thenAndNow(
  found: ThenAndNow | undefined,
  { isSingle, mayTry }: { readonly isSingle: boolean; readonly mayTry: boolean },
  write: Writer,
): Markup {
  return markup`<section><h2>${write("replay.then_now")}</h2>${
    found === undefined
      ? markup`<p>${
        isSingle ? write("replay.then_now.case") : write("replay.then_now.none", { n: MOST_CASES })
      }</p>`
      : differenceTable(found, write)
  }${mayTry && markup`<p><a href="/what-if">${write("replay.over_all")}</a></p>`}</section>`;
}

function differenceTable(
  { caseId, version, then, now, ruleThen, ruleNow }: ThenAndNow,
  write: Writer,
): Markup {
  const row = (name: TextKey, before: Content, after: Content) =>
    markup`<tr><th scope="row">${
      write(name)
    }</th><td><del>${before}</del></td><td>→ <ins>${after}</ins></td></tr>`;
  const rule = (id: string) => markup`<code>${id}</code>`;
  return markup`<p>${write("replay.then_now.lead")} <a href="${caseAddress(caseId, version)}">${
    write("replay.case")
  } ${shortId(caseId)}</a></p><table class="diff"><thead><tr><td></td><th>${write("replay.then")}</th><th>${
    write("replay.now")
  }</th></tr></thead><tbody>${row("replay.decision", labelIn(then, write), labelIn(now, write))}${
    row("replay.rule", rule(ruleThen), rule(ruleNow))
  }</tbody></table>`;
}
