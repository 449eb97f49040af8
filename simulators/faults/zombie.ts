/** A node is stopped beyond its leases, with batches that are handled and not settled, and wakes up. @module */
import { steadyNow } from "../chaos/node/control_protocol.ts";
import { drawNodeForAWhile, type Fault, pollUntil, simulated } from "./fault.ts";

export const zombie: Fault = {
  does:
    "stops a node (SIGSTOP) between handling and settling, and lets it go on after its leases have run out",
  testbed() {
    let at = Infinity;
    let held = 0;
    let taken = 0;
    return {
      needs: "process",
      signs: ["takeover"],
      async apply({ nodes, recorder }, signal) {
        const [victim] = nodes;
        await pollUntil(async () => (held = await victim!.order({ do: "hold", on: true })) > 0, signal);
        at = steadyNow();
        victim!.signal("SIGSTOP");
        await recorder.waitUntil(() => recorder.observedSince(at, "takeover").length > 0, 10_000, signal);
      },
      async heal({ nodes, recorder }) {
        taken = recorder.observedSince(at, "takeover").length;
        nodes[0]!.signal("SIGCONT");
        await nodes[0]!.order({ do: "hold", on: false });
      },
      tookEffect() {
        const effective = held > 0 && taken > 0;
        return effective ? `${taken} mailboxes were taken over while ${held} settles waited` : undefined;
      },
    };
  },
  // Whether its leases run out meanwhile is left to chance.
  simulation: simulated({
    draw: drawNodeForAWhile,
    inject({ node, ms }, { nodes, trace }) {
      if (nodes[node]!.freeze(ms)) trace.recordEffect("zombie", `n${node}`);
    },
  }),
};
