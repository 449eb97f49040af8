/** What was settled is delivered once more. @module */
import { drawNode, type Fault, pollUntil, simulated, type TestbedFault } from "./fault.ts";

export const duplicateDelivery: Fault = {
  name: "duplicate_delivery",
  does: "delivers every batch again, in front of the next one of its mailbox and settled with it",
  testbed: testbedFault,
  // The next batch of the node, once it is settled.
  simulation: simulated({
    draw: drawNode,
    inject: ({ node }, { nodes }) => nodes[node]!.pending.add("duplicate_delivery", "batch_settled", true),
  }),
};

function testbedFault(): TestbedFault {
  let repeated = 0;
  return {
    needs: "worker",
    signs: [],
    apply({ nodes }, signal) {
      return pollUntil(async () => await nodes[0]!.order({ do: "repeat", on: true }) > 0, signal);
    },
    async heal({ nodes }) {
      repeated = await nodes[0]!.order({ do: "repeat", on: false });
    },
    tookEffect: () => repeated > 0 ? `${repeated} deliveries were made twice` : undefined,
  };
}
