/** `POST /review/propose`: what a first person proposes, for a second one to approve. @module */
import { proposeDecision } from "../../commands/cases/review.ts";
import type { FormAct } from "../page.ts";
import { onReview } from "./on_review.ts";
import { decisionIn } from "./decision_form.ts";

export const act: FormAct = {
  path: "/review/propose",
  act: "review.propose",
  perform: (visit, form) =>
    onReview(visit, form, "done.proposed", async (backend, seen) => {
      const proposed = decisionIn(visit, form);
      return { ...await proposeDecision(backend, proposed, seen), decision: proposed.decision };
    }),
};
