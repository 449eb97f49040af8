/** The node dies under its guardian. @module */
import { drawNodeForAWhile, type Fault, simulated } from "./fault.ts";

export const nodeKill: Fault = {
  does: "kills the process of a node (kill -9), which its guardian then starts again",
  testbed: () => ({
    needs: "process",
    signs: ["node_restart", "takeover"],
    isInstant: true,
    async apply({ nodes }) {
      nodes[0]!.signal("SIGKILL");
      await nodes[0]!.nextStart();
    },
    tookEffect({ recorder }, at) {
      const restarts = recorder.observedSince(at, "node_restart").length;
      return restarts > 0 ? "the node ended by SIGKILL, and its guardian started it again" : undefined;
    },
  }),
  simulation: simulated({
    chargesInnocent: true,
    draw: drawNodeForAWhile,
    inject({ node, ms }, { nodes, trace }) {
      if (nodes[node]!.isRunning) trace.recordEffect("node_kill", `n${node}`);
      nodes[node]!.kill(ms);
    },
  }),
};
