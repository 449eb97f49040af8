/** What the acts on a case that waits for a person have in common. @module */
import type { Backend } from "../../../backends/backend.ts";
import { NotAllowed, VersionConflict } from "../../../backends/errors.ts";
import { CommandError } from "../../cli/exit_codes.ts";
import type { Form, Outcome, Visit } from "../page.ts";
import { reviewAnswer } from "../pages/review.ts";
import type { TextKey } from "../texts/catalogue.ts";

/** A form without a decision. */
export class NoDecision extends Error {
  override name = "NoDecision";
}

type Work = (
  backend: Backend,
  seen: number,
) => Promise<{ readonly version: number; readonly decision: string }>;

/** Stores what a person says on the version that was looked at, or shows the form again with why nothing was stored. */
export async function onReview(visit: Visit, form: Form, notice: TextKey, work: Work): Promise<Outcome> {
  const { case: caseId = "", version } = form;
  try {
    const stored = await work(await visit.sources.backend(), Number(version));
    const json = { case_id: caseId, ...stored };
    return { kind: "done", to: "/review", notice, count: stored.version, json };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return { kind: "answered", answer: await reviewAnswer(visit, form.case, { form, ...refusal }) };
  }
}

function refusalOf(error: unknown) {
  if (error instanceof NoDecision) return { why: "cannot", status: 422 } as const;
  if (error instanceof VersionConflict) return { why: "conflict", status: 409 } as const;
  if (error instanceof NotAllowed) return { why: "two_persons", status: 409 } as const;
  return error instanceof CommandError ? { why: "cannot", status: 409 } as const : undefined;
}
