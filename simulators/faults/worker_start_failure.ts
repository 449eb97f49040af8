/** A worker does not start. @module */
import { type Fault, pick, simulated } from "./fault.ts";

const HOW = ["throws", "error", "silent"] as const;

export const workerStartFailure: Fault = {
  does: "makes the next worker of a node throw when it is made, report an error, or say nothing",
  simulation: simulated({
    draw: ({ random, nodes }) => ({ node: random.below(nodes), how: pick(random, HOW) }),
    inject: ({ node, how }, { nodes }) =>
      nodes[node]!.pending.add("worker_start_failure", "worker_start", how),
  }),
};
