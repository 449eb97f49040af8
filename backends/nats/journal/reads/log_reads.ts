/** What reading a store of records needs of it. @module */
import type { PartitionViews } from "../partition/partition_views.ts";
import type { WholeLog } from "./whole_log.ts";

export interface LogReads {
  readonly log: WholeLog;
  readonly views: Pick<PartitionViews, "partitions" | "view">;
}
