/** A stream of changes loses its process, its walsender, its connection and its server. @module */
import { ChangeRun } from "../chaos/senders/change_run.ts";
import type { Fault } from "./fault.ts";

export const cdcCut: Fault = {
  does: "kills a stream of changes, its walsender and its server, and breaks off its connection",
  testbed() {
    const run = new ChangeRun();
    return {
      needs: "own_server",
      signs: ["backend_away"],
      apply: (testbed, signal) => run.play(testbed, signal),
      heal: (testbed) => run.judge(testbed),
      tookEffect: () => run.proof,
      problems: () => run.problems,
    };
  },
};
