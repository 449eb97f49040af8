/** The picture of the flow at a moment of the past: that of the Overview, with what is known of then. @module */
import type { Frame } from "../../data/replay/frames.ts";
import { type Markup, markup } from "../../markup.ts";
import type { Writer } from "../../texts/catalogue.ts";
import { footView, liveText, streamLine } from "../flow.ts";

export function momentFlow(frame: Frame, write: Writer): Markup {
  return markup`<section><h2>${write("replay.flow")}</h2><div class="flow then"><ol>
<li class="end"><p><b class="rate">${liveText("opened", frame)}</b> ${write("replay.in")}</p></li>
${Object.keys(frame.feet).map((name) => processorMoment(name, frame, write))}
<li class="end">${streamLine("closed", frame.widths.closed!)}<p><b class="rate">${
    liveText("closed", frame)
  }</b> ${write("replay.out")}</p></li></ol></div></section>`;
}

function processorMoment(name: string, frame: Frame, write: Writer): Markup {
  return markup`<li class="proc" data-processor="${name}">${
    streamLine(name, frame.widths[name]!)
  }<div class="box"><div class="row"><h3>${write.known(`processor.${name}`, name)}</h3><small>${
    liveText(`${name}.pending`, frame)
  }</small></div><p><b class="rate">${liveText(`${name}.rate`, frame)}</b> ${write("replay.rate")}</p>${
    footView(frame.feet[name]!, write)
  }</div></li>`;
}
