/** The node dies under its guardian. @module */
import { steadyNow } from "../chaos/node/control_protocol.ts";
import { type Fault, noHealing } from "./fault.ts";

export function nodeKill(): Fault {
  let at = Infinity;
  return {
    name: "node_kill",
    does: "kills the process of a node (kill -9), which its guardian then starts again",
    needs: "process",
    signs: ["node_restart", "takeover"],
    isInstant: true,
    async apply({ nodes }) {
      at = steadyNow();
      nodes[0]!.signal("SIGKILL");
      await nodes[0]!.nextStart();
    },
    heal: noHealing,
    tookEffect({ recorder }) {
      const restarts = recorder.observedSince(at, "node_restart").length;
      return restarts > 0 ? "the node ended by SIGKILL, and its guardian started it again" : undefined;
    },
  };
}
