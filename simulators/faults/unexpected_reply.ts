/** A worker answers what it was not asked. @module */
import { drawNode, type Fault, simulated } from "./fault.ts";

export const unexpectedReply: Fault = {
  name: "unexpected_reply",
  does: "makes the next worker of a node that gets a batch send a message that is out of place",
  simulation: simulated({
    chargesInnocent: true,
    draw: drawNode,
    inject: ({ node }, { nodes }) => nodes[node]!.pending.add("unexpected_reply", "batch_reply", true),
  }),
};
