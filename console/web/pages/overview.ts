/** `/`: does it flow, what needs a person first, where is it held up, may an acknowledgement be trusted. @module */
import { processors } from "../../../actors/application.ts";
import { assets } from "../assets.ts";
import { type OverviewFigures, overviewFigures } from "../data/overview.ts";
import { type AttentionLine, type OverviewWords, overviewWords } from "../data/overview_words.ts";
import { type Markup, markup } from "../markup.ts";
import type { Page } from "../page.ts";
import type { ConsoleSources } from "../sources.ts";
import type { Writer } from "../texts/catalogue.ts";
import { flowView } from "../views/flow.ts";
import { icon, type IconName } from "../views/icon.ts";
import { nodesView, partitionsView } from "../views/nodes.ts";
import { pageHead } from "../views/parts.ts";

const order = processors.map(({ name }) => name);

/** The figures now, at most a second old. */
export async function readFigures(sources: ConsoleSources): Promise<OverviewFigures> {
  const report = await sources.report();
  return overviewFigures(report, sources.health(), sources.flow, order);
}

export const page: Page = {
  path: "/",
  act: "overview.see",
  async show({ write, sources }) {
    const figures = await readFigures(sources);
    return {
      title: write("overview.title"),
      current: "overview",
      json: figures,
      scripts: [assets.live.path],
      body: overviewBody(figures, write),
    };
  },
};

function overviewBody(figures: OverviewFigures, write: Writer): Markup {
  const words = overviewWords(figures, write);
  return markup`${pageHead(words.headline, words.lead, liveState(words, write))}
<ul class="attention" aria-label="${write("overview.first")}"${
    words.attention.length === 0 && markup` hidden`
  }>${words.attention.map(attentionItem)}</ul>
${flowView(figures, words, write)}
<div class="split"><section><h2>${write("nodes.title")}</h2>${nodesView(figures, write)}</section>
<section>${partitionsView(figures, write)}</section></div>
${glyphs.map((name) => markup`<template data-glyph="${name}">${icon(name)}</template>`)}`;
}

/** Those that the live stream may put in the place of others. */
const glyphs: readonly IconName[] = ["waves", "triangle", "crossed", "lock", "bars"];

/** Without a script nothing is live: the moment stands there, and the button stays hidden. */
function liveState({ texts }: OverviewWords, write: Writer): Markup {
  return markup`<span data-live-state data-live-word="${write("overview.live")}" data-frozen-word="${
    write("overview.frozen")
  }" data-cut-word="${write("overview.cut")}">${
    write("overview.asof")
  }</span> · <time data-live="at">${texts.at}</time> <button type="button" class="b" data-freeze="${
    write("overview.freeze")
  }" data-resume="${write("overview.resume")}" hidden><span>${
    write("overview.freeze")
  }</span> <kbd>F</kbd></button>`;
}

function attentionItem({ tone, glyph, strong, text, href, act }: AttentionLine): Markup {
  return markup`<li class="${tone}">${
    icon(glyph)
  }<p><b>${strong}</b> ${text}</p><a class="b" href="${href}">${act}</a></li>`;
}
