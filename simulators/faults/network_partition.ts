/** The network between a node and its backend carries nothing: both ways, or one. @module */
import type { Testbed } from "../chaos/testbed/testbed.ts";
import type { Direction } from "../proxy/wire.ts";
import { drawNodeForAWhile, type Fault, pollUntil, simulated, type TestbedFault } from "./fault.ts";

export const networkPartition: Fault = {
  does: "cuts the network between a node and its backend; connections stay open and nothing passes",
  testbed: () => partitionFault("up", "down"),
  simulation: simulated({
    draw: drawNodeForAWhile,
    inject({ node, ms }, { nodes, trace, disconnectFor }) {
      trace.recordEffect("network_partition", `n${node}`);
      disconnectFor(ms, nodes[node]!);
    },
  }),
};

/** A cut in these directions, between the first node and the backend. */
export function partitionFault(...directions: Direction[]): TestbedFault {
  let before = 0;
  let held = 0;
  const heldBack = ({ linkRules: [rules] }: Testbed) => rules!.held.up + rules!.held.down - before;
  return {
    needs: "link",
    signs: ["backend_away", "takeover"],
    apply(testbed, signal) {
      before += heldBack(testbed);
      testbed.linkRules[0]!.cut(...directions);
      return pollUntil(() => heldBack(testbed) > 0, signal);
    },
    heal(testbed) {
      held = heldBack(testbed);
      testbed.linkRules[0]!.restore();
    },
    tookEffect: () => held > 0 ? `${held} bytes were held back` : undefined,
  };
}
