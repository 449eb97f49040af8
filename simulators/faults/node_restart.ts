/** A node is restarted in order. @module */
import { drawNodeForAWhile, type Fault, simulated } from "./fault.ts";

export const nodeRestart: Fault = {
  does: "asks a node to stop, and starts another in its place",
  simulation: simulated({
    draw: drawNodeForAWhile,
    inject({ node }, { nodes, trace }) {
      if (nodes[node]!.runInProcess(() => void nodes[node]!.stop())) {
        trace.recordEffect("node_restart", `n${node}`);
      }
    },
  }),
};
