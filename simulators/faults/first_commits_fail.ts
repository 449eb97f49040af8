/** The next commits fail, and are not applied. @module */
import { commitFault } from "./commit_fault.ts";
import { atNextOccasion, type Fault } from "./fault.ts";

const COMMITS = 10;

export const firstCommitsFail: Fault = {
  does: `refuses the next ${COMMITS} commits with an error of the server that asks to try again`,
  testbed: () => commitFault("refuse", COMMITS),
  // The next settle of the node does not arrive.
  simulation: atNextOccasion("first_commits_fail", "settle_request"),
};
