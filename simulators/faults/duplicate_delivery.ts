/** What was settled is delivered once more. @module */
import { type Fault, pollUntil } from "./fault.ts";

export function duplicateDelivery(): Fault {
  let repeated = 0;
  return {
    name: "duplicate_delivery",
    does: "delivers every batch again, in front of the next one of its mailbox and settled with it",
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
