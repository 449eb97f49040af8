/** The forms by which processors are paused, nodes drained, and both resumed; and who did so. @module */
import type { Pause } from "../../../../backends/pauses.ts";
import { redact } from "../../../cli/redaction.ts";
import { isAllowed } from "../../access.ts";
import { type Content, type Markup, markup } from "../../markup.ts";
import type { Visit } from "../../page.ts";
import type { Writer } from "../../texts/catalogue.ts";
import { actForm, textField } from "../parts.ts";

const forms = {
  pause: { path: "/processors/pause", act: "processors.pause" },
  resume: { path: "/processors/resume", act: "processors.resume" },
  drain: { path: "/nodes/drain", act: "nodes.drain" },
  node_resume: { path: "/nodes/resume", act: "nodes.resume" },
} as const;

/** A form behind its name, for those who may; `isLast`: no other node takes work. */
export function pauseForm(
  visit: Visit,
  form: keyof typeof forms,
  name: string,
  word: string,
  isLast = false,
): Content {
  const { path, act } = forms[form];
  const { write, principal } = visit;
  if (!isAllowed(principal, act)) return "";
  const label = write(`${form}.act`, { name: word });
  return markup`<details class="apart"><summary>${label}</summary><p>${write(`${form}.detail`)}${
    isLast && markup` <b>${write("drain.last")}</b>`
  }</p>${
    actForm(visit, path, [
      markup`<input type="hidden" name="name" value="${name}">`,
      textField("reason", write("reason"), { help: write("reason.help"), required: true }),
      markup`<button class="b primary">${label}</button>`,
    ])
  }</details>`;
}

export function pausedText({ by, at, why }: Pause, write: Writer): Markup {
  return markup`<small>${
    write("pause.by", { by: redact(by), when: write.moment(at), why: redact(why) })
  }</small>`;
}
