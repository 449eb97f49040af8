/** The first commits fail. @module */
import { commitFault } from "./commit_fault.ts";
import type { Fault } from "./fault.ts";

const COMMITS = 10;

export function firstCommitsFail(): Fault {
  const does = `refuses the next ${COMMITS} commits with an error of the server that asks to try again`;
  return commitFault({ name: "first_commits_fail", does }, COMMITS, "refuse");
}
