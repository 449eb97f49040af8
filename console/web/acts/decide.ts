/** `POST /review/decide`: a caseworker's decision, on the version of the case that was looked at. @module */
import { VersionConflict } from "../../../backends/errors.ts";
import { decisions } from "../../../schema/event_fields.ts";
import { CommandError } from "../../cli/exit_codes.ts";
import { decideCase } from "../../commands/cases/review.ts";
import type { Form, FormAct, Outcome, Visit } from "../page.ts";
import { reviewAnswer } from "../pages/review.ts";
import { requireReason } from "../problem.ts";

export const act: FormAct = {
  path: "/review/decide",
  act: "review.decide",
  async perform(visit, form) {
    const { case: caseId = "", version } = form;
    const decision = decisions.find((each) => each === form.decision);
    if (decision === undefined) return await refused(visit, form, "cannot", 422);
    const reason = requireReason(form.reason);
    try {
      const backend = await visit.sources.backend();
      const stored = await decideCase(
        backend,
        { caseId, decision, reason, by: visit.principal.name, nextSteps: stepsOf(form) },
        Number(version),
      );
      const json = { case_id: caseId, version: stored.version, decision };
      return { kind: "done", to: "/review", notice: "done.decided", count: stored.version, json };
    } catch (error) {
      if (error instanceof VersionConflict) return await refused(visit, form, "conflict", 409);
      if (error instanceof CommandError) return await refused(visit, form, "cannot", 409);
      throw error;
    }
  },
};

function stepsOf({ steps = "" }: Form): readonly string[] {
  return steps.split("\n").map((step) => step.trim()).filter((step) => step !== "");
}

/** The form again, with what was typed in it, and why nothing was stored. */
async function refused(
  visit: Visit,
  form: Form,
  why: "conflict" | "cannot",
  status: number,
): Promise<Outcome> {
  return { kind: "answered", answer: await reviewAnswer(visit, form.case, { form, why, status }) };
}
