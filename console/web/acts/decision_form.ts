/** The fields by which a person decides on a case, or proposes to. @module */
import type { CaseworkerDecision } from "../../../actors/application.ts";
import { decisions } from "../../../schema/event_fields.ts";
import type { Form, Visit } from "../page.ts";
import { requireReason } from "../problem.ts";
import { NoDecision } from "./on_review.ts";

/** What the form says. Throws NoDecision or Problem. */
export function decisionIn(visit: Visit, form: Form): CaseworkerDecision {
  const decision = decisions.find((each) => each === form.decision);
  if (decision === undefined) throw new NoDecision();
  const { case: caseId = "" } = form;
  const reason = requireReason(form.reason);
  return { caseId, decision, reason, by: visit.principal.name, nextSteps: stepsOf(form) };
}

function stepsOf({ steps = "" }: Form): readonly string[] {
  return steps.split("\n").map((step) => step.trim()).filter((step) => step !== "");
}
