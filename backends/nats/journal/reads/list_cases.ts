/** Cases by latest change, newest first: the log is read backwards, a slice at a time. @module */
import { partitionOf } from "../../../../schema/partition.ts";
import type { CaseSummary, ListOptions } from "../../../backend.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import type { StoredRecord } from "../record/record.ts";
import type { LogReads } from "./log_reads.ts";

/** Records of a slice: some hundred events each under load. */
const SLICE = 32;

/** The latest event of a case. */
interface Latest {
  readonly caseId: string;
  readonly version: number;
  readonly type: string;
  readonly recordedAt: number;
}

export async function casesByChange(
  reads: LogReads,
  { limit = 20, latest }: ListOptions = {},
): Promise<CaseSummary[]> {
  const chosen: Latest[] = [];
  const seen = new Set<string>();
  for (let to = await reads.log.last(); to > 0 && chosen.length < limit; to -= SLICE) {
    const records = await Array.fromAsync(reads.log.readBetween(Math.max(1, to - SLICE + 1), to));
    for (const event of newestFirst(records)) {
      if (seen.has(event.caseId)) continue;
      seen.add(event.caseId);
      if (latest === undefined || event.type === latest) chosen.push(event);
    }
  }
  return await summariesOf(reads, chosen.slice(0, limit));
}

function* newestFirst(records: readonly StoredRecord[]): Generator<Latest> {
  for (const { record } of records.toReversed()) {
    if (record.kind === "malformed") continue;
    const { recordedAt } = record.head;
    for (const { caseId, version, type } of record.events.toReversed()) {
      yield { caseId, version, type, recordedAt };
    }
  }
}

async function summariesOf({ views }: LogReads, chosen: readonly Latest[]): Promise<CaseSummary[]> {
  const partitions = new Set(chosen.map(({ caseId }) => partitionOf(caseId, views.partitions)));
  const opened = new Map(
    await mapConcurrently(
      READS_AT_ONCE,
      [...partitions],
      async (partition) => [partition, await views.view(partition)] as const,
    ),
  );
  return await mapConcurrently(READS_AT_ONCE, chosen, async ({ caseId, version, type, recordedAt }) => {
    const head = await opened.get(partitionOf(caseId, views.partitions))!.heads.find(caseId);
    return {
      caseId,
      version,
      latest: type,
      openedAt: new Date(head!.openedAt).toISOString(),
      updatedAt: new Date(recordedAt).toISOString(),
    };
  });
}
