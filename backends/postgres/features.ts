/** What PostgreSQL promises. @module */
import type { BackendFeatures } from "../backend.ts";

export const features: BackendFeatures = {
  durable: true,
  shared: true,
  atomicAppend: "call",
  leases: "partition",
  ids: "store",
  readModels: true,
  geography:
    "one server takes all writes; PostgreSQL's own streaming replication keeps copies of it elsewhere, which " +
    "are read-only until a person promotes one; with synchronous replication every write waits for the farthest copy",
};
