/** `POST /what-if/runs`: tries a policy on all of history in the background; who asked for it, and why, is kept before it begins. @module */
import { STORE_TRAIL } from "../../../backends/dead_letters.ts";
import { triedPolicyOf } from "../data/tried_policy.ts";
import type { FormAct } from "../page.ts";
import { Problem, requireReason } from "../problem.ts";

/** Parts of the cases that can be asked for. */
const samples: Readonly<Record<string, number>> = { all: 1, tenth: 0.1, hundredth: 0.01 };

export const act: FormAct = {
  path: "/what-if/runs",
  act: "what_if.run",
  async perform({ sources, principal }, form) {
    const { candidate, changes, bounds, fault } = triedPolicyOf(new URLSearchParams(form));
    if (fault !== undefined) {
      throw new Problem(422, "whatif.invalid", "whatif.invalid.detail", { why: fault });
    }
    if (candidate === undefined) throw new Problem(422, "problem.invalid", "whatif.same");
    const sample = samples[form.sample ?? "all"];
    if (sample === undefined) throw new Problem(422, "problem.invalid", "whatif.sample.none");
    const [by, why] = [principal.name, requireReason(form.reason)];
    const isBusy = (await sources.runs.list()).some(({ state }) => state === "running");
    if (isBusy) throw new Problem(409, "whatif.run.busy", "whatif.run.busy.detail");
    const backend = await sources.backend();
    await backend.record({
      ...{ act: "what_if_start", by, caseId: STORE_TRAIL },
      why: `${changes.join("; ")}: ${why}`,
    });
    const run = await sources.runs.start({ by, why, policy: bounds, changes, sample });
    if (run === "busy") throw new Problem(409, "whatif.run.busy", "whatif.run.busy.detail");
    if (run === "no_place") throw new Problem(503, "whatif.run.no_place", "whatif.run.no_place.detail");
    const { id } = run;
    return {
      kind: "done",
      to: `/what-if/runs/${id}`,
      notice: "done.run_started",
      count: 1,
      json: { id, changes },
    };
  },
};
