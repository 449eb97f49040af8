/** The flow of cases: in, the processors, out, and what waits beside it. The same picture wherever the flow is shown. @module */
import type { OverviewFigures } from "../data/overview.ts";
import type { OverviewWords, ProcessorWords } from "../data/overview_words.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Writer } from "../texts/catalogue.ts";
import { badge, icon } from "./icon.ts";
import { timeOf } from "./parts.ts";

export function flowView(figures: OverviewFigures, words: OverviewWords, write: Writer): Markup {
  return markup`<section class="flow" aria-label="${write("flow.label")}"><ol>
<li class="end"><p><b class="rate">${liveText("opened", words)}</b> ${write("flow.in")}</p></li>
${Object.entries(words.processors).map(([name, each]) => processorNode(name, each, words, write))}
<li class="end">${streamLine("closed", words.closedWidth)}<p><b class="rate">${
    liveText("closed", words)
  }</b> ${write("flow.out")}</p></li></ol>${sideChannels(figures, words, write)}</section>`;
}

/** A text that a script renews: from the live stream, or as a stretch is played. */
export function liveText(name: string, { texts }: Pick<OverviewWords, "texts">): Markup {
  return markup`<span data-live="${name}">${texts[name]}</span>`;
}

export function streamLine(name: string, width: string): Markup {
  return markup`<svg class="stream" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">
<path d="M0 8H100" stroke-width="${width}" data-stream="${name}"/><path class="dash" d="M0 8H100"/></svg>`;
}

function processorNode(name: string, node: ProcessorWords, words: OverviewWords, write: Writer): Markup {
  const { state, width, spark, foot } = node;
  return markup`<li class="proc" data-processor="${name}">${streamLine(name, width)}<div class="box">
<div class="row"><h2><a href="/processors#${name}">${write.known(`processor.${name}`, name)}</a></h2>${
    badge(state.tone, state.glyph, state.word)
  }</div>
<p><b class="rate">${liveText(`${name}.rate`, words)}</b> ${write("flow.rate")}</p>
<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label="${spark.label}">
<path class="area" d="${spark.area}"/><path class="line" d="${spark.line}"/></svg>
<dl>${
    [["flow.queue", "pending"], ["flow.oldest", "oldest"], ["flow.p", "latency"]].map(([label, figure]) =>
      markup`<div><dt>${write(label as "flow.queue")}</dt><dd>${
        liveText(`${name}.${figure}`, words)
      }</dd></div>`
    )
  }</dl>
${footView(foot, write)}</div></li>`;
}

/** What is stuck at a processor, or that nothing is. */
export function footView({ tone, text }: ProcessorWords["foot"], write: Writer): Markup {
  const isQuiet = tone === "quiet";
  return markup`<p class="foot ${tone}"><a href="/stuck"${isQuiet && markup` hidden`}>${
    !isQuiet && text
  }</a><span${!isQuiet && markup` hidden`}>${write("flow.clear")}</span></p>`;
}

function sideChannels(
  { refused, next_timer_at: next }: OverviewFigures,
  words: OverviewWords,
  write: Writer,
): Markup {
  return markup`<ul class="side-channels"><li><b>${liveText("refused", words)}</b> ${
    write("flow.refused.detail")
  }${refused > 0 && markup` <a href="/inbox">${write("show")}</a>`}</li>
<li class="human">${icon("person")}<b>${write("flow.person")}</b> ${
    write("flow.person.detail")
  } <a href="/review">${write("flow.person.act")}</a></li>
<li><b>${liveText("timers", words)}</b>${
    next === null ? "." : parted(write("flow.timers.next", { when: "\0" }), timeOf(next, write))
  }</li></ul>`;
}

/** A text with markup where a mark stands in it. */
function parted(text: string, part: Markup): Content {
  const [before, after] = text.split("\0");
  return [before, part, after];
}
