/** Connections break off. @module */
import { type Fault, pollUntil } from "./fault.ts";

export const connectionReset: Fault = {
  does: "breaks off every connection between a node and its backend, whatever is under way",
  testbed() {
    let broken = 0;
    return {
      needs: "link",
      signs: ["backend_away"],
      // What breaks off while nothing is asked on it is only dialled anew.
      signsOptional: true,
      isInstant: true,
      async apply({ nodes }, signal) {
        // The last one's connections may not be back yet.
        await pollUntil(() => (broken = nodes[0]!.proxy!.reset()) > 0, signal);
      },
      tookEffect: () => broken > 0 ? `${broken} connections were broken off` : undefined,
    };
  },
};
