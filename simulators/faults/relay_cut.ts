/** What brings the log to others loses its process, its connections and its targets. @module */
import { RelayRun } from "../chaos/senders/relay_run.ts";
import type { Fault } from "./fault.ts";

export const relayCut: Fault = {
  does:
    "kills and freezes the process of three relays, breaks off what connects it to its store and its targets, and kills a target",
  testbed() {
    const run = new RelayRun();
    return {
      needs: "store",
      apply: (testbed, signal) => run.play(testbed, signal),
      heal: (testbed) => run.judge(testbed),
      tookEffect: () => run.proof,
      problems: () => run.problems,
    };
  },
};
