/** The form by which a stretch of history is chosen. @module */
import { type AskedSlice } from "../../data/replay/slice.ts";
import { instantOf, localText } from "../../data/replay/dutch_time.ts";
import { type Markup, markup } from "../../markup.ts";
import type { Writer } from "../../texts/catalogue.ts";
import { textField } from "../parts.ts";

export function sliceForm({ caseId, from, to }: AskedSlice, write: Writer): Markup {
  return markup`<section><h2>${write("replay.choose")}</h2><form class="filter" role="search">${
    textField("case", write("replay.choose.case"), {
      value: caseId,
      help: write("replay.choose.case.help"),
      isSearch: true,
    })
  }${timeField("from", from, write)}${timeField("to", to, write)}<button class="b">${
    write("replay.choose.act")
  }</button></form></section>`;
}

function timeField(name: "from" | "to", value: string, write: Writer): Markup {
  const at = value === "" ? undefined : instantOf(value);
  const shown = at === undefined ? "" : localText(at);
  return markup`<div class="field"><label for="replay-${name}">${
    write(`replay.choose.${name}`)
  }</label><input id="replay-${name}" name="${name}" type="datetime-local" step="1" value="${shown}" aria-describedby="replay-${name}-help"><small id="replay-${name}-help">${
    write("replay.choose.time.help")
  }</small></div>`;
}
