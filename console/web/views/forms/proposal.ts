/** What a first person proposed, and the form by which a second one approves it. @module */
import { openProposal } from "../../../../actors/application.ts";
import { redact } from "../../../cli/redaction.ts";
import { isSameActor } from "../../../../schema/authority/names.ts";
import { isAllowed } from "../../access.ts";
import type { Step } from "../../data/case_history.ts";
import { type Markup, markup } from "../../markup.ts";
import type { Visit } from "../../page.ts";
import { actForm } from "../parts.ts";

/** The open proposal of a case, for whoever sees the case; nothing where there is none. */
export function proposalBox(caseId: string, steps: readonly Step[], visit: Visit): Markup | undefined {
  const proposal = openProposal(steps.flatMap(({ event }) => event ?? []));
  const last = steps.at(-1);
  if (proposal === undefined || last === undefined) return undefined;
  const { write, principal } = visit;
  const { decision, proposed_by, reason } = proposal;
  const isOwn = isSameActor(proposed_by, principal.name);
  const said = { name: redact(proposed_by), what: write.known(`action.${decision}`, decision) };
  return markup`<div class="box note"><p><b>${write("proposal.lead", said)}</b></p><p>${redact(reason)}</p>${
    isOwn && markup`<p><small>${write("proposal.own")}</small></p>`
  }${!isOwn && isAllowed(principal, "review.approve") && approvalForm(caseId, last.version, visit)}</div>`;
}

function approvalForm(caseId: string, version: number, visit: Visit): Markup {
  const { write, principal } = visit;
  return actForm(visit, "/review/approve", [
    markup`<input type="hidden" name="case" value="${caseId}"><input type="hidden" name="version" value="${version}">`,
    markup`<p><small>${write("review.note", { name: principal.name })}</small></p><button class="b primary">${
      write("proposal.approve")
    }</button>`,
  ]);
}
