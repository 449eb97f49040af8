/** The acts on a case. @module */
import { partitionOf } from "../../../../schema/partition.ts";
import type { AuditEntry } from "../../../dead_letters.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import type { LogReads } from "./log_reads.ts";

/** Acts of persons and of the runtime on a case, oldest first. */
export async function trailOf({ views }: Pick<LogReads, "views">, caseId: string): Promise<AuditEntry[]> {
  const view = await views.view(partitionOf(caseId, views.partitions));
  const trail = await view.heads.trailOf(caseId);
  const records = await mapConcurrently(READS_AT_ONCE, trail, (sequence) => view.recordAt(sequence, caseId));
  return records.flatMap((record) =>
    record?.kind === "record" ? record.changes.trail.filter((entry) => entry.caseId === caseId) : []
  );
}
