/** `POST /review/approve`: the decision that another person proposed, on the version of the case that was looked at. @module */
import { approveDecision } from "../../commands/cases/review.ts";
import type { FormAct } from "../page.ts";
import { onReview } from "./on_review.ts";

export const act: FormAct = {
  path: "/review/approve",
  act: "review.approve",
  perform: (visit, form) =>
    onReview(visit, form, "done.decided", (backend, seen) => {
      const { case: caseId = "" } = form;
      return approveDecision(backend, { caseId, by: visit.principal.name }, seen);
    }),
};
