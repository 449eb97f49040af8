/** Reads the events of one case out of the records that hold them. @module */
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import { eventPosition, type RecordEvent } from "../record/record.ts";
import type { PartitionLog } from "./partition_log.ts";

/** An event, where it is, and since when. */
export interface PlacedEvent {
  readonly position: number;
  readonly recordedAt: number;
  readonly event: RecordEvent;
}

/** The events of a case in these records, in order. */
export async function readCaseEvents(
  log: Pick<PartitionLog, "readRecord">,
  caseId: string,
  sequences: readonly number[],
): Promise<PlacedEvent[]> {
  const found = await mapConcurrently(
    READS_AT_ONCE,
    sequences,
    (sequence) => readRecordEvents(log, sequence, caseId),
  );
  return found.flat();
}

/** The events of a record, of one case or of all. */
export async function readRecordEvents(
  log: Pick<PartitionLog, "readRecord">,
  sequence: number,
  ofCase?: string,
): Promise<PlacedEvent[]> {
  const record = await log.readRecord(sequence, ofCase);
  if (record?.kind !== "record") return [];
  const { recordedAt } = record.head;
  return record.events.map((event) => ({
    position: eventPosition(sequence, event.index),
    recordedAt,
    event,
  }));
}
