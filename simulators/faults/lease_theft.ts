/** Another owner takes the leases of a node that is alive and has work in hand. @module */
import { drawLease, type Fault, pollUntil, simulated } from "./fault.ts";

export const leaseTheft: Fault = {
  does:
    "takes every lease of a node from it, between handling and settling, as another of the same name would",
  testbed() {
    let held = 0;
    let stolen = 0;
    return {
      needs: "store",
      signs: ["fenced"],
      async apply(testbed, signal) {
        const [victim] = testbed.nodes;
        await pollUntil(async () => (held = await victim!.order({ do: "hold", on: true })) > 0, signal);
        stolen = await testbed.stealLeases(victim!.name);
      },
      async heal({ nodes }) {
        await nodes[0]!.order({ do: "hold", on: false });
      },
      tookEffect: () =>
        stolen > 0 && held > 0 ? `${stolen} leases were taken while ${held} settles waited` : undefined,
    };
  },
  // One lease, taken by another owner that does nothing with it.
  simulation: simulated({
    draw: (space) => ({ ...drawLease(space), ms: 20 + space.random.below(800) }),
    inject({ processor, partition, ms }, { stealLease, trace }) {
      if (stealLease(processor, partition, ms)) {
        trace.recordEffect("lease_theft", `${processor} ${partition}`);
      }
    },
  }),
};
