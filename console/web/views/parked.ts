/** Deliveries that are tried again by themselves, in groups that failed alike, each with a form to try it now. @module */
import type { ParkedHead } from "../../../backends/dead_letters.ts";
import { isAllowed } from "../access.ts";
import type { StuckGroup } from "../data/stuck_groups.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Visit } from "../page.ts";
import { badge } from "./icon.ts";
import { actForm, caseLink, shortId, timeOf } from "./parts.ts";
import { confirmFields } from "./preview.ts";
import { maskCaseId } from "../../../schema/bsn.ts";

type ParkedGroup = StuckGroup<ParkedHead>;

/** Cases that are named of a group. */
const NAMED = 10;

export function parkedView(groups: readonly ParkedGroup[], visit: Visit): Content {
  const { write } = visit;
  if (groups.length === 0) return "";
  return markup`<section id="parked"><h2>${
    write("parked.title")
  }</h2><table class="cards acts"><thead><tr><th>${write("stuck.col.error")}</th><th>${
    write("stuck.col.case")
  }</th><th class="num">${write("stuck.col.count")}</th><th>${
    write("parked.col.next")
  }</th></tr></thead><tbody>${groups.map((group) => groupRow(group, visit))}</tbody></table></section>`;
}

function groupRow(group: ParkedGroup, visit: Visit): Markup {
  const { write, principal } = visit;
  const { error, processor, letters } = group;
  const where = write("stuck.at", { where: write.known(`processor.${processor}`, processor) });
  return markup`<tr><td><b>${error}</b><small>${where}</small>${
    badge("warn", "retry", write("mark.parked"))
  }${isAllowed(principal, "parked.retry") && retryForm(group, visit)}</td><td>${
    letters.slice(0, NAMED).map(({ caseId }) => markup`${caseLink(caseId, shortId(maskCaseId(caseId)))} `)
  }${letters.length > NAMED && "…"}</td><td class="num" data-l="${write("stuck.col.count")}"><b>${
    write.number(letters.length)
  }</b></td><td data-l="${write("parked.col.next")}">${timeOf(nextOf(group), write, true)}</td></tr>`;
}

/** When the first of them is tried again. */
function nextOf({ letters }: ParkedGroup): string {
  return letters.reduce((first, { dueAt }) => dueAt < first ? dueAt : first, letters[0]!.dueAt);
}

function retryForm(group: ParkedGroup, visit: Visit): Markup {
  const { write } = visit;
  const label = write("parked.retry", { n: group.letters.length });
  return markup`<details class="apart"><summary>${label}</summary><p>${write("parked.retry.detail")}</p>${
    actForm(visit, "/stuck/retry", [
      confirmFields(group, visit),
      markup`<button class="b primary">${label}</button>`,
    ])
  }</details>`;
}

/** As programs see it. */
export function parkedGroupJson(group: ParkedGroup): object {
  const { key, processor, error, since, letters } = group;
  return {
    ...{ group: key, processor, error, since, count: letters.length, next_at: nextOf(group) },
    deliveries: letters.map(({ caseId, event, attempts, held, since, dueAt }) => ({
      ...{ position: event.position, case_id: maskCaseId(caseId), event_type: event.event.event_type },
      ...{ attempts, held, since, due_at: dueAt },
    })),
  };
}
