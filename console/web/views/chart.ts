/** The chart of the workflow, with where a case stands, the way it came, and where it can go from here. @module */
import { caseChart as chart } from "../../../actors/application.ts";
import { caseChart, type ChartNode } from "../data/case_chart.ts";
import type { Step } from "../data/case_history.ts";
import type { StateCounts } from "../data/state_counts.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Writer } from "../texts/catalogue.ts";
import { stateBadge, toneOf } from "./state.ts";
import { eventWord } from "./stepper.ts";

/** A layer a list, from the begin down to the ends. `steps` up to the version that is shown. */
export function chartView(steps: readonly Step[], counts: StateCounts, write: Writer): Markup {
  const layers = caseChart(chart, steps);
  return markup`<section><h2>${write("chart.title")} <small>${write("chart.detail")}</small></h2>${
    layers.map((nodes) =>
      markup`<ul class="side-channels">${nodes.map((node) => nodeView(node, counts, write))}</ul>`
    )
  }</section>`;
}

function nodeView({ name, isHere, versions, by }: ChartNode, counts: StateCounts, write: Writer): Markup {
  const word = write.known(`state.${name}`, name);
  return markup`<li class="${isHere ? toneOf(name) : "quiet"}"${isHere && markup` aria-current="step"`}>${
    isHere ? markup`${stateBadge(name, write)} <b>${write("chart.here")}</b>` : word
  }${versionsView(versions, write)}${
    by.length > 0 && markup`<br><small>${write("chart.by", { what: wordsOf(by, write) })}</small>`
  }${countView(name, counts.get(name), write)}</li>`;
}

function versionsView(versions: readonly number[], write: Writer): Content {
  return versions.map((version) =>
    markup` <a href="?v=${version}">${write("chart.version", { v: version })}</a>`
  );
}

function wordsOf(types: readonly string[], write: Writer): string {
  return types.map((type) => eventWord(type, write).toLowerCase()).join(", ");
}

function countView(state: string, count: string | undefined, write: Writer): Content {
  if (count === undefined) return "";
  return markup` · <a href="/cases?state=${state}">${write("chart.count", { n: count })}</a>`;
}
