/** Two nodes that believe to be the same one. @module */
import type { ChaosNode } from "../chaos/node/node_process.ts";
import { steadyNow } from "../chaos/node/control_protocol.ts";
import type { Recorder } from "../proof/recorder.ts";
import type { Fault, TestbedFault } from "./fault.ts";

export const twoNodesRacing: Fault = {
  name: "two_nodes_racing",
  does: "starts a second node under the name of the first: each takes the leases for its own",
  testbed: testbedFault,
};

function testbedFault(): TestbedFault {
  let at = Infinity;
  let rival: ChaosNode | undefined;
  let leasesAcquired = 0;
  return {
    needs: "store",
    signs: ["fenced", "takeover", "node_start"],
    async apply({ nodes, addNode, recorder }, signal) {
      at = steadyNow();
      rival = await addNode(nodes[0]!.name);
      await recorder.waitUntil(() => acquiredByRival(recorder) > 0, 10_000, signal);
    },
    async heal({ recorder }) {
      leasesAcquired = acquiredByRival(recorder);
      await rival?.stop();
    },
    tookEffect: () =>
      leasesAcquired > 0
        ? `the second one won ${leasesAcquired} mailboxes under the name of the first`
        : undefined,
  };

  function acquiredByRival(recorder: Recorder): number {
    const lives = recorder.observedSince(at, "node_start").map(({ life }) => life);
    return recorder.leasesAcquired.filter(({ life }) => lives.includes(life)).length;
  }
}
