/** A commit is applied, and its acknowledgement lost. @module */
import { commitFault } from "./commit_fault.ts";
import { atNextOccasion, type Fault } from "./fault.ts";

const COMMITS = 5;

export const lostAcknowledgement: Fault = {
  does:
    `loses the acknowledgement of ${COMMITS} commits that were applied, and (on PostgreSQL) the connection`,
  testbed: () => commitFault("lose", COMMITS),
  // One settle.
  simulation: atNextOccasion("lost_acknowledgement", "settle_reply"),
};
