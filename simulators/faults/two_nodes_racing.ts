/** Two nodes run under one name. @module */
import type { ChaosNode } from "../chaos/node/node_process.ts";
import type { Recorder } from "../proof/recorder.ts";
import type { Fault } from "./fault.ts";

export const twoNodesRacing: Fault = {
  does: "starts a second node under the name of the first: each takes the leases for its own",
  testbed() {
    let rival: ChaosNode | undefined;
    return {
      needs: "store",
      signs: ["fenced", "takeover", "node_start"],
      async apply(testbed, signal, at) {
        const { nodes, recorder } = testbed;
        rival = await testbed.addNode(nodes[0]!.name);
        await recorder.waitUntil(() => acquiredByRival(recorder, at) > 0, 10_000, signal);
      },
      heal: () => rival?.stop(),
      tookEffect({ recorder }, at) {
        const acquired = acquiredByRival(recorder, at);
        return acquired > 0
          ? `the second one acquired ${acquired} mailboxes under the name of the first`
          : undefined;
      },
    };
  },
};

/** Leases of the lives that began since. */
function acquiredByRival(recorder: Recorder, at: number): number {
  const lives = recorder.observedSince(at, "node_start").map(({ life }) => life);
  return recorder.leasesAcquired.filter(({ life }) => lives.includes(life)).length;
}
