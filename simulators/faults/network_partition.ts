/** The network between a node and its backend carries nothing: both ways, or one. @module */
import type { Stage } from "../chaos/stage.ts";
import type { Direction } from "../proxy/wire.ts";
import { type Fault, untilSeen } from "./fault.ts";

/** A cut in these directions, between the first node and the backend. */
export function partition(name: string, does: string, ...directions: Direction[]): Fault {
  let before = 0;
  let held = 0;
  const heldBack = ({ conducts: [conduct] }: Stage) => conduct!.held.up + conduct!.held.down - before;
  return {
    name,
    does,
    needs: "link",
    shownBy: ["backend_away", "takeover"],
    apply(stage, signal) {
      before += heldBack(stage);
      stage.conducts[0]!.cut(...directions);
      return untilSeen(() => heldBack(stage) > 0, signal);
    },
    heal(stage) {
      held = heldBack(stage);
      stage.conducts[0]!.mend();
    },
    tookEffect: () => held > 0 ? `${held} bytes were held back` : undefined,
  };
}

export function networkPartition(): Fault {
  const does = "cuts the network between a node and its backend; connections stay open and nothing passes";
  return partition("network_partition", does, "up", "down");
}
