/** Nodes with their workers, who has which partition, and what an acknowledgement means. @module */
import type { OverviewFigures, PartitionCell } from "../data/overview.ts";
import type { NodeRow } from "../../http/node_shares.ts";
import { type Markup, markup } from "../markup.ts";
import { durabilityText } from "./durability.ts";
import type { Writer } from "../texts/catalogue.ts";
import { badge } from "./icon.ts";

const letterOf = (i: number) => String.fromCharCode(97 + i % 26);

/** The nodes that are alive or have mailboxes, the workers of this one, and the durability of the store. */
export function nodesView(figures: OverviewFigures, write: Writer): Markup {
  const { nodes, node, workers, restarts, unowned } = figures;
  const own = markup`<li class="workers">${
    write("nodes.workers", { n: workers })
  }<span data-live="restarts">${write("nodes.restarts", { n: restarts })}</span></li>`;
  return markup`<ul class="nodes">${
    nodes.map(({ name, mailboxes, state }, i) =>
      markup`<li><span><b>${letterOf(i)} · ${name}</b> ${write("nodes.mailboxes", { n: mailboxes })}${
        name === node && `, ${write("nodes.this")}`
      }</span>${nodeBadge(state, write)}</li>${(name === node || nodes.length === 1) && own}`
    )
  }${
    unowned > 0 && markup`<li>${badge("warn", "triangle", write("nodes.unowned", { n: unowned }))}</li>`
  }</ul>
${durabilityBox(figures, write)}`;
}

/** How a node is: taking work, drained by a person, or gone. */
export function nodeBadge(state: NodeRow["state"], write: Writer): Markup {
  const looks = {
    working: ["info", "waves"],
    drained: ["neutral", "bars"],
    gone: ["neutral", "out"],
  } as const;
  const [tone, glyph] = looks[state];
  return badge(tone, glyph, write(`nodes.state.${state}`));
}

function durabilityBox(
  { durability, promised, survives_power_failure: survives }: OverviewFigures,
  write: Writer,
): Markup {
  if (durability === null) return markup``;
  return markup`<div class="box note ${survives ? "good" : "warn"}"><p><b>${write("durability.title")}</b> ${
    write(survives ? "durability.strong" : "durability.weak")
  }</p><small>${durabilityText(durability, promised, write)}</small></div>`;
}

/** A cell a mailbox, with the letter of its node; and the same as a table. */
export function partitionsView({ partitions, nodes, processors }: OverviewFigures, write: Writer): Markup {
  const numbers = [...new Set(partitions.map(({ partition }) => partition))].toSorted((a, b) => a - b);
  if (numbers.length === 0) return markup``;
  const letters = new Map(nodes.map(({ name }, i) => [name, letterOf(i)]));
  const rows = processors.map(({ name }) => ({
    name,
    cells: partitions.filter(({ processor }) => processor === name)
      .toSorted((a, b) => a.partition - b.partition),
  }));
  return markup`<h2>${write("partitions.title", { n: numbers.length })}</h2>
<div class="map" aria-hidden="true">${
    rows.map(({ name, cells }) =>
      markup`<div><span>${write.known(`processor.${name}`, name)}</span><p>${
        cells.map((cell) => cellView(cell, letters, write))
      }</p></div>`
    )
  }</div><small>${nodes.map(({ name }, i) => markup`<b>${letterOf(i)}</b> ${name} · `)}${
    write("partitions.mark")
  }</small>
<details><summary>${write("partitions.table")}</summary>${partitionTable(partitions, write)}</details>`;
}

function cellView(cell: PartitionCell, letters: ReadonlyMap<string, string>, write: Writer): Markup {
  const { owner, partition, epoch, pending, isStuck } = cell;
  const letter = owner === null ? "–" : letters.get(owner) ?? "?";
  const title = `${partition}: ${owner ?? write("partitions.nobody")}, ${
    write("partitions.epoch", { n: epoch })
  }, ${write("flow.queue")} ${pending}`;
  return markup`<span class="${owner === null ? "free" : `o${(letter.charCodeAt(0) - 97) % 3}`}${
    isStuck && " stuck"
  }" title="${title}">${letter}</span>`;
}

function partitionTable(partitions: readonly PartitionCell[], write: Writer): Markup {
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${
    write("partitions.table")
  }"><table><thead><tr><th>${write("partitions.partition")}</th><th>${
    write("partitions.owner")
  }</th><th class="num">${write("flow.queue")}</th></tr></thead><tbody>${
    partitions.map(({ processor, partition, owner, epoch, pending }) =>
      markup`<tr><td>${write.known(`processor.${processor}`, processor)} ${partition}</td><td data-l="${
        write("partitions.owner")
      }">${owner ?? write("partitions.nobody")}, ${
        write("partitions.epoch", { n: epoch })
      }</td><td class="num" data-l="${write("flow.queue")}">${write.number(pending)}</td></tr>`
    )
  }</tbody></table></div>`;
}
