/** Somebody takes the leases of a node that is alive and has work in hand. @module */
import { type Fault, pollUntil } from "./fault.ts";

export function leaseTheft(): Fault {
  let held = 0;
  let stolen = 0;
  return {
    name: "lease_theft",
    does:
      "takes every lease of a node from it, between handling and settling, as somebody of the same name would",
    needs: "store",
    signs: ["fenced"],
    async apply({ nodes, stealLeases }, signal) {
      const [victim] = nodes;
      await pollUntil(async () => (held = await victim!.order({ do: "hold", on: true })) > 0, signal);
      stolen = await stealLeases(victim!.name);
    },
    async heal({ nodes }) {
      await nodes[0]!.order({ do: "hold", on: false });
    },
    tookEffect: () =>
      stolen > 0 && held > 0 ? `${stolen} leases were taken while ${held} settles waited` : undefined,
  };
}
