/** `/processors`: what each processor and each node does, and pausing, draining and resuming them. @module */
import type { Pause } from "../../../backends/pauses.ts";
import { pauseKey } from "../../../backends/pauses.ts";
import { type NodeRow, nodeRows } from "../../http/node_shares.ts";
import type { ProcessorReport } from "../../http/processor_report.ts";
import { appearanceOf } from "../data/overview_words.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Page, Visit } from "../page.ts";
import type { Writer } from "../texts/catalogue.ts";
import { badge } from "../views/icon.ts";
import { nodeBadge } from "../views/nodes.ts";
import { emptyState, pageHead } from "../views/parts.ts";
import { pausedText, pauseForm } from "../views/forms/pause_form.ts";

export const page: Page = {
  path: "/processors",
  act: "processors.see",
  async show(visit) {
    const { write } = visit;
    const { processors, nodes } = await readRows(visit);
    const title = write("processors.title", {
      n: processors.filter(({ pause }) => pause !== undefined).length,
    });
    return {
      title,
      current: "processors",
      json: { processors: processors.map(processorJson), nodes },
      body: markup`${pageHead(title, write("processors.lead"))}${
        processors.length === 0
          ? emptyState("waves", write("processors.none"), write("processors.none.detail"))
          : processorTable(processors, visit)
      }<h2>${write("nodes.title")}</h2>${nodeTable(nodes, visit)}`,
    };
  },
};

interface ProcessorRow {
  readonly report: ProcessorReport;
  readonly pause: Pause | undefined;
}

/** The figures are at most a second old; what is paused is asked anew, so that who has just paused something sees it. */
async function readRows({ sources }: Visit) {
  const { processors } = await sources.report();
  const pauses = await (await sources.backend()).pauses.list();
  const paused = new Map(pauses.map((pause) => [pauseKey(pause), pause]));
  const rows = processors.map((report): ProcessorRow => {
    const pause = paused.get(pauseKey({ kind: "processor", name: report.name }));
    const working = report.state === "paused" ? "flowing" : report.state;
    return { report: { ...report, state: pause === undefined ? working : "paused" }, pause };
  });
  return { processors: rows, nodes: nodeRows({ mailboxes: [], ...sources.health(), pauses }) };
}

function processorJson({ report, pause }: ProcessorRow): object {
  const { at = null, by = null, why = null } = pause ?? {};
  return { ...report, paused_at: at, paused_by: by, why };
}

function processorTable(rows: readonly ProcessorRow[], visit: Visit): Markup {
  const { write } = visit;
  return markup`<table class="cards acts"><thead><tr><th>${write("processors.col.name")}</th><th>${
    write("processors.col.state")
  }</th><th class="num">${write("flow.queue")}</th><th class="num">${
    write("flow.oldest")
  }</th><th class="num">${write("processors.col.stuck")}</th></tr></thead><tbody>${
    rows.map((row) => processorRow(row, visit))
  }</tbody></table>`;
}

function processorRow({ report, pause }: ProcessorRow, visit: Visit): Markup {
  const { write } = visit;
  const { name, state, pending, oldest_ms, parked, dead } = report;
  const word = write.known(`processor.${name}`, name);
  const [tone, glyph] = appearanceOf(state);
  return markup`<tr id="${name}"><td><b>${word}</b></td><td>${
    badge(tone, glyph, write.known(`run.${state}`, state))
  }${pause && pausedText(pause, write)}${
    pauseForm(visit, pause === undefined ? "pause" : "resume", name, word)
  }</td><td class="num" data-l="${write("flow.queue")}">${
    write.number(pending)
  }</td><td class="num" data-l="${write("flow.oldest")}">${
    write.duration(oldest_ms)
  }</td><td class="num" data-l="${write("processors.col.stuck")}">${
    stuckText(parked + dead, write)
  }</td></tr>`;
}

function stuckText(count: number, write: Writer): Content {
  return count === 0 ? write.number(0) : markup`<a href="/stuck">${write.number(count)}</a>`;
}

function nodeTable(nodes: readonly NodeRow[], visit: Visit): Markup {
  const { write } = visit;
  const working = nodes.filter(({ state }) => state === "working");
  return markup`<table class="cards acts"><thead><tr><th>${write("nodes.col.name")}</th><th>${
    write("processors.col.state")
  }</th></tr></thead><tbody>${
    nodes.map((node) => nodeRow(node, working.length === 1 && node.state === "working", visit))
  }</tbody></table>`;
}

function nodeRow(node: NodeRow, isLast: boolean, visit: Visit): Markup {
  const { write } = visit;
  const { name, state, mailboxes, drained_at: at, drained_by: by, why } = node;
  const pause = at === null ? undefined : { kind: "node", name, at, by: by!, why: why! } as const;
  return markup`<tr><td><b>${name}</b><small>${write("nodes.mailboxes", { n: mailboxes })}</small></td><td>${
    nodeBadge(state, write)
  }${pause && pausedText(pause, write)}${
    pauseForm(visit, pause === undefined ? "drain" : "node_resume", name, name, isLast)
  }</td></tr>`;
}
