/** The server has no room for any write, as it says itself. @module */
import { commitFault } from "./commit_fault.ts";
import type { Fault } from "./fault.ts";

export function diskFull(): Fault {
  const does = "answers every commit as a server does whose disk is full, until there is room again";
  return commitFault({ name: "disk_full", does }, Infinity, "fill_up");
}
