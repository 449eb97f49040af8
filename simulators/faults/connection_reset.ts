/** Connections break off. @module */
import { type Fault, nothingToHeal } from "./fault.ts";

export function connectionReset(): Fault {
  let broken = 0;
  return {
    name: "connection_reset",
    does: "breaks off every connection between a node and its backend, whatever is under way",
    needs: "link",
    shownBy: ["backend_away"],
    isInstant: true,
    apply({ nodes }) {
      broken = nodes[0]!.proxy!.reset();
    },
    heal: nothingToHeal,
    tookEffect: () => broken > 0 ? `${broken} connections were broken off` : undefined,
  };
}
