/** The records of all partitions in the one order of their stream. @module */
import type { LogSubjects } from "../../../../schema/nats/log.ts";
import type { NatsClient } from "../../connection/client.ts";
import { millis, positionSince, readLastBytes, readSubjectBytes } from "../../stream/direct_get.ts";
import { pauseForReplica } from "../../stream/replica_reads.ts";
import { decodeRecord } from "../record/decode_record.ts";
import type { LogRecord, MalformedRecord, StoredRecord } from "../record/record.ts";

/** A record, and the partition it is in. */
interface PlacedRecord extends StoredRecord {
  readonly partition: number;
}

/** Every method throws BackendUnavailable where there is no answer. */
export interface WholeLog {
  /** The sequence of the last record, by the server that takes the writes; 0 for none. */
  last(): Promise<number>;
  /** The last record of a partition, by the same server; undefined for none. */
  lastOf(partition: number): Promise<LogRecord | MalformedRecord | undefined>;
  /** The sequence of the first record that was stored at a time or after it; undefined for none. */
  firstSince(time: number): Promise<number | undefined>;
  /** The records from one sequence up to another, which the log has. */
  readBetween(from: number, to: number): AsyncIterable<PlacedRecord>;
}

export class NatsWholeLog implements WholeLog {
  constructor(readonly client: NatsClient, readonly stream: string, readonly subjects: LogSubjects) {}

  async last(): Promise<number> {
    const { state } = await this.client.manage(({ streams }) => streams.info(this.stream));
    return state.last_seq;
  }

  async lastOf(partition: number): Promise<LogRecord | MalformedRecord | undefined> {
    const bytes = await readLastBytes(this.client, this.stream, this.subjects.records(partition));
    return bytes && decodeRecord(bytes);
  }

  async firstSince(time: number): Promise<number | undefined> {
    const { client, stream, subjects } = this;
    for (let tries = 0;; tries++) {
      await pauseForReplica(tries);
      const found = await positionSince(client, stream, subjects.records(), time);
      if (found !== undefined) return found;
      const { state } = await client.manage(({ streams }) => streams.info(stream));
      if (state.messages === 0 || millis(state.last_ts) < time) return undefined;
    }
  }

  async *readBetween(from: number, to: number): AsyncGenerator<PlacedRecord> {
    const { client, stream, subjects } = this;
    for (let next = from, idle = 0; next <= to; idle++) {
      await pauseForReplica(idle);
      for await (
        const { position, subject, data } of readSubjectBytes(client, stream, subjects.records(), next)
      ) {
        if (position > to) return;
        yield { sequence: position, partition: subjects.partitionIn(subject), record: decodeRecord(data) };
        next = position + 1;
        idle = 0;
      }
    }
  }
}
