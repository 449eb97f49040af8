/** A worker's heap grows above its ceiling. @module */
import { drawNode, type Fault, simulated } from "./fault.ts";

export const heapGrowth: Fault = {
  name: "heap_growth",
  does: "makes the next worker of a node that answers report a heap above its ceiling",
  simulation: simulated({
    draw: drawNode,
    inject: ({ node }, { nodes }) => nodes[node]!.pending.add("heap_growth", "heap_report", true),
  }),
};
