/** The server has no room for any write, and says so. @module */
import { commitFault } from "./commit_fault.ts";
import type { Fault } from "./fault.ts";

export const diskFull: Fault = {
  does: "answers every commit as a server does whose disk is full, until there is room again",
  testbed: () => commitFault("fill_up", Infinity),
};
