/** Two workflows of two cases: an intervention starts a hearing in a case of its own, and goes on by how that ended. @module */
import { workflow } from "../../../actors/workflow/workflow.ts";

const reasons = (code: string) => [{ code, reason: `The hearing: ${code}` }];

export const intervention = workflow("intervention", { version: 1, emits: ["case.review_requested"] })
  .on("case.intervention_requested")
  .child("heard", {
    workflow: "hearing",
    in: ({ case_id }) => `${case_id} hearing`,
    term: { within: "30d" },
  })
  .orElse((late) => late.end("never heard"))
  .choose("how", (_, event) => event.event_type === "case.child_ended" ? event.data.outcome : "", {
    held: (held) =>
      held.step("review", "case.review_requested", () => ({
        asked_of: "caseworker",
        reasons: reasons("held"),
        rules: [],
      })).end("to review"),
    cancelled: (cancelled) => cancelled.end("withdrawn"),
  })
  .build();

export const hearing = workflow("hearing", { version: 1, emits: [] })
  .onStart()
  .after("1d", "notice")
  .end("held")
  .cancelOn("case.withdrawn")
  .build();

/** Held at once. */
export const quickHearing = workflow("hearing", { version: 1, emits: ["case.review_requested"] })
  .onStart()
  .step("ask", "case.review_requested", () => ({
    asked_of: "caseworker",
    reasons: reasons("asked"),
    rules: [],
  }))
  .end("held")
  .build();
