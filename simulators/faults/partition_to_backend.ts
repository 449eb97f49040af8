/** What a node sends reaches its backend no more. @module */
import type { Fault } from "./fault.ts";
import { partitionFault } from "./network_partition.ts";

export function partitionToBackend(): Fault {
  const does = "cuts the way from a node to its backend, while answers still come";
  return partitionFault("partition_to_backend", does, "up");
}
