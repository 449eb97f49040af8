/** `/stuck`: how many, in which group, since when, and what happens if they are tried again. @module */
import { withoutContactData } from "../../../actors/application.ts";
import type { DeadLetter } from "../../../backends/dead_letters.ts";
import { maskCaseId, redactBsns } from "../../../schema/bsn.ts";
import { previewRedrive, type RedrivePreview } from "../../commands/dlq/redrive_preview.ts";
import { isAllowed } from "../access.ts";
import { MOST_LETTERS } from "../acts/on_group.ts";
import { groupsOf, type StuckGroup } from "../data/stuck_groups.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Page, Visit } from "../page.ts";
import { Problem } from "../problem.ts";
import type { Writer } from "../texts/catalogue.ts";
import { badge } from "../views/icon.ts";
import { caseLink, emptyState, pageHead, shortId, timeOf } from "../views/parts.ts";
import { parkedGroupJson, parkedView } from "../views/parked.ts";
import { previewBox } from "../views/preview.ts";
import { eventWord } from "../views/stepper.ts";
import { readFigures } from "./overview.ts";

/** Rows that are shown of a group; the acts are on all of it. */
const ROWS = 50;
/** Tried in a preview: each takes a worker some milliseconds. */
const TRIED = 50;

interface Counts {
  readonly dead: number;
  readonly parked: number;
}

export const page: Page = {
  path: "/stuck",
  act: "stuck.see",
  async show(visit) {
    const { write, url } = visit;
    const backend = await visit.sources.backend();
    const letters = await backend.deadLetters.list({ limit: MOST_LETTERS });
    const groups = groupsOf(letters);
    const chosen = groups.find(({ key }) => key === url.searchParams.get("group")) ?? groups[0];
    const previews = url.searchParams.has("preview") ? await tried(visit, chosen) : undefined;
    const retrying = groupsOf(await backend.parked.list({ limit: MOST_LETTERS }));
    const counts = await countsOf(visit, letters.length);
    const title = write("stuck.title", { n: counts.dead + counts.parked });
    return {
      title,
      current: "stuck",
      json: {
        total: counts.dead,
        parked: counts.parked,
        groups: groups.map(groupJson),
        retrying: retrying.map(parkedGroupJson),
        ...(previews === undefined ? {} : { preview: previews }),
      },
      body: markup`${stuckHead(title, counts, write)}${
        groups.length === 0
          ? noneStuck(counts, write)
          : markup`<div class="split one-two"><section><h2>${write("stuck.by_error")}</h2>${
            groupTable(groups, chosen!, write)
          }</section><section>${groupView(chosen!, previews, visit)}</section></div>`
      }${parkedView(retrying, visit)}`,
    };
  },
};

/** What waits for its next try is told by the health of the mailboxes; the number of dead letters by their list. */
async function countsOf({ sources }: Visit, listed: number): Promise<Counts> {
  const { processors } = await readFigures(sources);
  const sum = (name: "dead" | "parked") => processors.reduce((total, each) => total + each[name], 0);
  return { dead: listed < MOST_LETTERS ? listed : Math.max(listed, sum("dead")), parked: sum("parked") };
}

async function tried({ sources, principal, write }: Visit, group: StuckGroup | undefined) {
  if (group === undefined) return undefined;
  if (!isAllowed(principal, "stuck.preview")) {
    const held = principal.roles.map((role) => write(`role.${role}`)).join(", ");
    throw new Problem(403, "problem.forbidden", "problem.forbidden.detail", {
      roles: write("role.operator"),
      held,
    });
  }
  return await previewRedrive(await sources.backend(), group.letters.slice(0, TRIED));
}

function groupJson({ key, processor, error, since, letters }: StuckGroup): object {
  return {
    ...{ group: key, processor, error, since, count: letters.length },
    dead_letters: letters.map(({ caseId, event, attempts, held, since }) => ({
      ...{ position: event.position, case_id: maskCaseId(caseId), event_type: event.event.event_type },
      ...{ attempts, held, since },
    })),
  };
}

function stuckHead(title: string, { dead, parked }: Counts, write: Writer): Markup {
  const isNone = dead + parked === 0;
  return pageHead(
    title,
    isNone ? write("stuck.lead.none") : write("stuck.lead", { retrying: parked, dead }),
  );
}

function noneStuck({ parked }: Counts, write: Writer): Markup {
  if (parked > 0) return legend(write);
  return emptyState("waves", write("stuck.empty"), write("stuck.empty.detail"));
}

function legend(write: Writer): Markup {
  return markup`<dl class="legend"><div><dt>${badge("warn", "retry", write("mark.parked"))}</dt><dd>${
    write("stuck.legend.parked")
  }</dd></div><div><dt>${badge("bad", "crossed", write("mark.stranded"))}</dt><dd>${
    write("stuck.legend.dead")
  }</dd></div></dl><small>${write("stuck.word")}</small>`;
}

function groupTable(groups: readonly StuckGroup[], chosen: StuckGroup, write: Writer): Markup {
  return markup`<table class="choose"><thead><tr><th>${write("stuck.col.error")}</th><th class="num">${
    write("stuck.col.count")
  }</th><th>${write("stuck.col.since")}</th></tr></thead><tbody>${
    groups.map(({ key, error, processor, letters, since }) =>
      markup`<tr data-row${
        key === chosen.key && markup` class="chosen"`
      }><td><a class="strong" href="/stuck?${new URLSearchParams({ group: key }).toString()}"${
        key === chosen.key && markup` aria-current="true"`
      }>${error}</a><small>${
        write("stuck.at", { where: write.known(`processor.${processor}`, processor) })
      }</small></td><td class="num"><b>${write.number(letters.length)}</b></td><td>${
        timeOf(since, write)
      }</td></tr>`
    )
  }</tbody></table>${legend(write)}`;
}

function groupView(group: StuckGroup, previews: readonly RedrivePreview[] | undefined, visit: Visit): Markup {
  const { write, principal } = visit;
  const { error, processor, letters, key } = group;
  const where = write.known(`processor.${processor}`, processor);
  const shown = letters.slice(0, ROWS);
  const last = letters[0]!.failures.at(-1);
  const mayTry = isAllowed(principal, "stuck.preview");
  return markup`<div class="row"><h2>${write("stuck.group", { error, where })}</h2>${
    badge("bad", "crossed", write("flow.dead", { n: letters.length }))
  }</div><pre tabindex="0">${error}: ${publicText(last?.message ?? "")}</pre>${letterTable(shown, write)}${
    shown.length < letters.length && markup`<p>${write("stuck.shown", { n: shown.length })}</p>`
  }${
    previews === undefined
      ? mayTry &&
        markup`<p><a class="b primary" href="/stuck?${
          new URLSearchParams({ group: key, preview: "1" }).toString()
        }#preview">${write("stuck.preview.act")}</a></p>`
      : previewBox(group, previews, visit)
  }`;
}

/** A text of an error, as people may read it. */
const publicText = (text: string) => withoutContactData(redactBsns(text));

function letterTable(letters: readonly DeadLetter[], write: Writer): Markup {
  return markup`<table class="cards"><thead><tr><th>${write("stuck.col.case")}</th><th>${
    write("stuck.col.event")
  }</th><th class="num">${write("stuck.col.attempts")}</th><th class="num">${
    write("stuck.col.held")
  }</th></tr></thead><tbody>${
    letters.map(({ caseId, event, attempts, held, failures }) =>
      markup`<tr><td>${caseLink(caseId, shortId(maskCaseId(caseId)))}</td><td data-l="${
        write("stuck.col.event")
      }">${eventWord(event.event.event_type, write)} <details><summary>${write("stuck.evidence")}</summary>${
        attemptList(failures, write)
      }</details></td>
<td class="num" data-l="${write("stuck.col.attempts")}">${
        write.number(attempts)
      }</td><td class="num" data-l="${write("stuck.col.held")}">${write.number(held)}</td></tr>`
    )
  }</tbody></table>`;
}

function attemptList(failures: DeadLetter["failures"], write: Writer): Content {
  return failures.map(({ class: name, message, stack, at }, i) =>
    markup`<p>${write("stuck.attempt", { n: i + 1, when: write.moment(at) })}</p><pre tabindex="0">${name}: ${
      publicText(message)
    }${stack && `\n${publicText(stack)}`}</pre>`
  );
}
