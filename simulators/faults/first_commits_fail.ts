/** The next commits fail, and are not applied. @module */
import { commitFault } from "./commit_fault.ts";
import { drawNode, type Fault, simulated } from "./fault.ts";

const COMMITS = 10;

export const firstCommitsFail: Fault = {
  name: "first_commits_fail",
  does: `refuses the next ${COMMITS} commits with an error of the server that asks to try again`,
  testbed: () => commitFault("refuse", COMMITS),
  // The next settle of the node does not arrive.
  simulation: simulated({
    draw: drawNode,
    inject: ({ node }, { nodes }) => nodes[node]!.pending.add("first_commits_fail", "settle_request", true),
  }),
};
