/** What the backend answers reaches the node no more, though it does what it is asked. @module */
import type { Fault } from "./fault.ts";
import { partitionFault } from "./network_partition.ts";

export function partitionFromBackend(): Fault {
  const does = "cuts the way from the backend to a node: what is asked is done, and no answer comes";
  return partitionFault("partition_from_backend", does, "down");
}
