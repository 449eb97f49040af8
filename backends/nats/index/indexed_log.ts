/** The log of one partition, as the index reads it. @module */
import type { LogRecord, StoredRecord } from "../journal/record/record.ts";

export interface IndexedLog {
  /** The nonce of the partition's record at a sequence; undefined when it has none there. */
  nonceAt(sequence: number): Promise<string | undefined>;
  /** The partition's records behind a sequence, in order, as far as the server that is asked has them. */
  recordsBehind(sequence: number): AsyncIterable<StoredRecord<LogRecord>>;
}
