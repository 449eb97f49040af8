/** What was settled is delivered once more. @module */
import { atNextOccasion, type Fault, pollUntil } from "./fault.ts";

export const duplicateDelivery: Fault = {
  does: "delivers every batch again, in front of the next one of its mailbox and settled with it",
  testbed() {
    let repeated = 0;
    return {
      needs: "worker",
      apply({ nodes }, signal) {
        return pollUntil(async () => await nodes[0]!.order({ do: "repeat", on: true }) > 0, signal);
      },
      async heal({ nodes }) {
        repeated = await nodes[0]!.order({ do: "repeat", on: false });
      },
      tookEffect: () => repeated > 0 ? `${repeated} deliveries were made twice` : undefined,
    };
  },
  // The next batch of the node, once it is settled.
  simulation: atNextOccasion("duplicate_delivery", "batch_settled"),
};
