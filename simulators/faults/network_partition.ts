/** The network between a node and its backend carries nothing: both ways, or one. @module */
import type { Testbed } from "../chaos/testbed/testbed.ts";
import type { Direction } from "../proxy/wire.ts";
import { type Fault, pollUntil } from "./fault.ts";

/** A cut in these directions, between the first node and the backend. */
export function partitionFault(name: string, does: string, ...directions: Direction[]): Fault {
  let before = 0;
  let held = 0;
  const heldBack = ({ linkRules: [rules] }: Testbed) => rules!.held.up + rules!.held.down - before;
  return {
    name,
    does,
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

export function networkPartition(): Fault {
  const does = "cuts the network between a node and its backend; connections stay open and nothing passes";
  return partitionFault("network_partition", does, "up", "down");
}
