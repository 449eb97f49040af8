/** A commit is applied, and its acknowledgement lost. @module */
import { commitFault } from "./commit_fault.ts";
import type { Fault } from "./fault.ts";

const COMMITS = 5;

export function lostAcknowledgement(): Fault {
  const does =
    `loses the acknowledgement of ${COMMITS} commits that were applied, and (on PostgreSQL) the connection`;
  return commitFault({ name: "lost_acknowledgement", does }, COMMITS, "lose");
}
