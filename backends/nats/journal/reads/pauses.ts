/** What is paused: the partition of the store's trail knows. @module */
import { partitionOf } from "../../../../schema/partition.ts";
import { STORE_TRAIL } from "../../../dead_letters.ts";
import { inOrder, type Pause } from "../../../pauses.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";

interface PartitionsToView {
  readonly partitions: number;
  view(partition: number): Promise<PartitionWriter>;
}

/** What is paused at the time of the call. */
export async function readPauses(partitions: PartitionsToView): Promise<Pause[]> {
  return inOrder((await viewOfPauses(partitions)).state.pauses.values());
}

/** The partition that a pause is written in. */
export function viewOfPauses(partitions: PartitionsToView): Promise<PartitionWriter> {
  return partitions.view(partitionOf(STORE_TRAIL, partitions.partitions));
}
