/** The log of a partition as its index reads it. @module */
import type { IndexedLog } from "../../index/indexed_log.ts";
import { pauseForReplica } from "../../stream/replica_reads.ts";
import type { PartitionLog } from "../partition/partition_log.ts";
import type { LogRecord, StoredRecord } from "../record/record.ts";

/** No case has this id: only the head of a record is read. */
const NO_CASE = "\n";

export function logForIndex(log: PartitionLog): IndexedLog {
  return {
    nonceAt: (sequence) => nonceAt(log, sequence),
    async *recordsBehind(sequence) {
      for await (const stored of log.readBehind(sequence)) if (isRecord(stored)) yield stored;
    },
  };
}

function isRecord(stored: StoredRecord): stored is StoredRecord<LogRecord> {
  return stored.record.kind === "record";
}

/** What a replica does not have, the server that takes the writes may: an index is not given up for that. */
async function nonceAt(log: PartitionLog, sequence: number): Promise<string | undefined> {
  for (let tries = 0;; tries++) {
    await pauseForReplica(tries);
    const record = await log.readRecord(sequence, NO_CASE);
    if (record !== undefined) return record.kind === "record" ? record.head.nonce : undefined;
    if (await log.firstBehind(sequence - 1) !== sequence) return undefined;
  }
}
