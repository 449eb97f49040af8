/** The answers of the backend don't reach the node, though it does what it is asked. @module */
import type { Fault } from "./fault.ts";
import { partitionFault } from "./network_partition.ts";

export const partitionFromBackend: Fault = {
  does: "cuts the way from the backend to a node: what is asked is done, and no answer comes",
  testbed: () => partitionFault("down"),
};
