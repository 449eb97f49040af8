/** What a node sends does not reach its backend. @module */
import type { Fault } from "./fault.ts";
import { partitionFault } from "./network_partition.ts";

export const partitionToBackend: Fault = {
  does: "cuts the way from a node to its backend, while answers still come",
  testbed: () => partitionFault("up"),
};
