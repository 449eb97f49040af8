/** The saga of `workflow.ts` as a workflow of Zaakstroom's own: no server, no worker, no code that is run again. @module */
import { workflow } from "../../../actors/workflow/workflow.ts";

export const reminder = workflow("reminder", { version: 1, emits: ["case.intervention_requested"] })
  .on("case.payment_missed")
  .waitFor("payment", { on: "case.payment_received", within: "3s" })
  .orElse((late) =>
    late.step("ask", "case.intervention_requested", () => ({ reason: "Nothing was paid within the term" }))
      .end("asked")
  )
  .end("paid")
  .cancelOn("case.withdrawn")
  .build();
