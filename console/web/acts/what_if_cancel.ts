/** `POST /what-if/runs/cancel`: ends a run for good; what it came to by then stays. @module */
import { STORE_TRAIL } from "../../../backends/dead_letters.ts";
import type { FormAct } from "../page.ts";
import { Problem, requireReason } from "../problem.ts";

export const act: FormAct = {
  path: "/what-if/runs/cancel",
  act: "what_if.run",
  async perform({ sources, principal }, form) {
    const action = { by: principal.name, why: requireReason(form.reason) };
    const id = form.id ?? "";
    const backend = await sources.backend();
    if (sources.runs.find(id)?.state !== "running") throw new Problem(409, "problem.changed", "problem.gone");
    await backend.record({ act: "what_if_cancel", caseId: STORE_TRAIL, ...action });
    if (!sources.runs.cancel(id, action)) throw new Problem(409, "problem.changed", "problem.gone");
    const json = { did: "run_cancelled", id };
    return { kind: "done", to: `/what-if/runs/${id}`, notice: "done.run_cancelled", count: 1, json };
  },
};
