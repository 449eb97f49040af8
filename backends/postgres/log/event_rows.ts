/** Events as the rows of one text. @module */
import type { WireEvent } from "../../../schema/events.ts";
import { partitionOf } from "../../../schema/partition.ts";
import { storeRow } from "../../../schema/delivery_line.ts";

/** The rows of an append, and the partitions whose locks it needs, sorted. */
export function partitionsAndRows(events: readonly WireEvent[], partitions: number) {
  const touched = new Set<number>();
  const rows = events.map((event) => {
    const partition = partitionOf(event.correlation_id, partitions);
    touched.add(partition);
    return storeRow(event, partition);
  });
  return { touched: [...touched].sort((a, b) => a - b), rows: rows.join("\n") };
}
