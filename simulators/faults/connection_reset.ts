/** Connections break off. @module */
import { type Fault, nothingToHeal } from "./fault.ts";

export function connectionReset(): Fault {
  let broken = 0;
  return {
    name: "connection_reset",
    does: "breaks off every connection between a node and its backend, whatever is under way",
    needs: "link",
    shownBy: ["backend_away"],
    // What breaks off while nothing is asked on it is only dialled anew.
    maybeSilent: true,
    isInstant: true,
    async apply({ nodes }, signal) {
      // The last one's connections may not be back yet.
      while (broken === 0 && !signal.aborted) {
        broken = nodes[0]!.proxy!.reset();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    heal: nothingToHeal,
    tookEffect: () => broken > 0 ? `${broken} connections were broken off` : undefined,
  };
}
