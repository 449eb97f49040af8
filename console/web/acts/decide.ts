/** `POST /review/decide`: a caseworker's decision, on the version of the case that was looked at. @module */
import { decideCase } from "../../commands/cases/review.ts";
import type { FormAct } from "../page.ts";
import { decisionIn } from "./decision_form.ts";
import { onReview } from "./on_review.ts";

export const act: FormAct = {
  path: "/review/decide",
  act: "review.decide",
  perform: (visit, form) =>
    onReview(visit, form, "done.decided", async (backend, seen) => {
      const decided = decisionIn(visit, form);
      return { ...await decideCase(backend, decided, seen), decision: decided.decision };
    }),
};
