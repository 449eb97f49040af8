/** The policy as a form: each bound with what it is now, what it may be and in which unit. @module */
import { policyFields } from "../../../../actors/application.ts";
import type { TriedPolicy } from "../../data/tried_policy.ts";
import { type Content, type Markup, markup } from "../../markup.ts";
import type { Writer } from "../../texts/catalogue.ts";
import { badge } from "../icon.ts";

/** Tries on recent cases at once: asking changes nothing, so that the address of the answer can be handed on. */
export function policyForm(policy: TriedPolicy, write: Writer): Markup {
  return markup`<form class="box policy"><h2>${write("whatif.proposal")}</h2><p class="own"><small>${
    write("bound.own")
  }</small></p>${
    policyFields.map((field) => boundField(field, policy, write))
  }<p class="keys"><button class="b primary">${write("whatif.try")}</button> <a href="/what-if">${
    write("whatif.reset")
  }</a></p></form>`;
}

type PolicyField = (typeof policyFields)[number];

function boundField(
  { name, unit, least, most }: PolicyField,
  { asked, now }: TriedPolicy,
  write: Writer,
): Markup {
  const id = `policy-${name}`;
  const step = unit === "euros" || unit === "share" ? "0.01" : "1";
  const help = write("whatif.bounds", {
    unit: write.known(`unit.${unit}`, unit),
    least,
    most,
    now: now[name]!,
  });
  return markup`<div class="field"><label for="${id}">${
    write.known(`policy.${name}`, name)
  }</label><p class="bound"><input id="${id}" name="${name}" type="number" min="${least}" max="${most}" step="${step}" value="${asked[
    name
  ]!}" required aria-describedby="${id}-help">${
    changedMark(asked[name] !== now[name], write)
  }</p><small id="${id}-help">${help} ${write.known(`bound.${name}`, "")}</small></div>`;
}

function changedMark(isChanged: boolean, write: Writer): Content {
  return isChanged && badge("warn", "retry", write("whatif.changed"));
}
