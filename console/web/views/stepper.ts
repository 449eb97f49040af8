/** One ring a version, the current one filled; and the story, newest first, with the chain of the current version. @module */
import { chainOf, type Step } from "../data/case_history.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { TextKey, Writer } from "../texts/catalogue.ts";
import { badge } from "./icon.ts";
import { timeOf } from "./parts.ts";
import { toneOf } from "./state.ts";

/** Rings at both sides of the current one. */
const AROUND = 4;

export function eventWord(type: string, write: Writer): string {
  return write.known(`event.${type}`, type);
}

/** Versions around the current one, with how many there are before and after. Each leads to an address of its own. */
export function stepper(steps: readonly Step[], at: number, write: Writer): Markup {
  const first = Math.max(0, Math.min(at - AROUND, steps.length - 2 * AROUND - 1));
  const shown = steps.slice(first, first + 2 * AROUND + 1);
  const later = steps.length - first - shown.length;
  return markup`<nav class="stepper" aria-label="${write("case.versions")}">${
    first > 0 &&
    markup`<a class="more" href="?v=${steps[0]!.version}">${write("case.earlier", { n: first })}</a>`
  }<ol>${
    shown.map((step) =>
      markup`<li><a href="?v=${step.version}" class="${toneOf(step.state)}${!step.isAccepted && " refused"}"${
        step === steps[at] && markup` aria-current="step"`
      }><b>${step.version}</b><span>${eventWord(step.type, write)}</span></a></li>`
    )
  }</ol>${
    later > 0 &&
    markup`<a class="more" href="?v=${steps.at(-1)!.version}">${write("case.later", { n: later })}</a>`
  }</nav>`;
}

/** The story of a case, newest first. */
export function timeline(
  steps: readonly Step[],
  current: Step,
  write: Writer,
  about: (step: Step) => Content,
): Markup {
  const chain = chainOf(steps, current.version);
  return markup`<ol class="story" reversed>${
    steps.toReversed().map((step) =>
      markup`<li class="${toneOf(step.state)}${chain.has(step.version) && " chain"}${
        step === current && " current"
      }">
${timeOf(step.stored.recordedAt, write)}<a class="ring" href="?v=${step.version}">${step.version}</a>
<div><p><b>${eventWord(step.type, write)}</b> ${about(step)}</p>${becauseOf(step, steps, write)}${
        !step.isAccepted && badge("warn", "lock", write("mark.refused"))
      }</div></li>`
    )
  }</ol>`;
}

function becauseOf({ cause }: Step, steps: readonly Step[], write: Writer): Content {
  const found = cause === undefined ? undefined : steps.find(({ version }) => version === cause);
  if (found === undefined) return "";
  return markup`<p>${write("case.because").toLowerCase()} ${versionLink(found, write)}</p>`;
}

/** A version, in words, as a link to it. */
export function versionLink({ version, type }: Step, write: Writer): Markup {
  const text = write("case.version" as TextKey, { v: version, what: eventWord(type, write).toLowerCase() });
  return markup`<a href="?v=${version}">${text}</a>`;
}
