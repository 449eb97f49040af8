/** What the backend answers reaches the node no more, though it does what it is asked. @module */
import type { Fault } from "./fault.ts";
import { partition } from "./network_partition.ts";

export function partitionFromBackend(): Fault {
  const does = "cuts the way from the backend to a node: what is asked is done, and no answer comes";
  return partition("partition_from_backend", does, "down");
}
