/**
 * The events of each partition behind a place, in slices. What was read with a slice and did not fit in it is kept for the next
 * one, since an answer of the server has whole records.
 * @module
 */
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import type { LogSubjects } from "../../../schema/nats/log.ts";
import { mapConcurrently } from "../../primitives/concurrency.ts";
import type { LogQuery } from "../../projections.ts";
import type { NatsClient } from "../connection/client.ts";
import { READS_AT_ONCE, readSubjectBytes } from "../stream/direct_get.ts";
import { storedEventOf } from "../journal/reads/read_events.ts";
import { decodeRecord } from "../journal/record/decode_record.ts";
import { eventPosition, type LogRecord, recordSequenceOf } from "../journal/record/record.ts";

/** Records of an answer: with those of a rebuild, a few hundred events. */
const RECORDS_PER_READ = 64;

/** What was read of a partition behind a place. */
interface ReadAhead {
  readonly events: readonly StoredEvent[];
  /** The sequence of the last record that was read: what comes next is behind it. */
  readonly sequence: number;
  /** The last sequence of the stream when the partition had no more records. */
  readonly endOf: number | undefined;
}

interface SlicedLog {
  readonly client: NatsClient;
  readonly stream: string;
  readonly subjects: LogSubjects;
  /** Servers that hold the log: with several, one that is asked may not have the last record yet. */
  readonly replicas: number;
  last(): Promise<number>;
}

export class LogSlices {
  readonly #log: SlicedLog;
  /** By partition and place, a few places a partition. */
  readonly #kept = new Map<string, ReadAhead>();

  constructor(log: SlicedLog) {
    this.#log = log;
  }

  async read({ after, upTo, limit }: LogQuery): Promise<readonly (readonly StoredEvent[])[]> {
    const last = await this.#log.last();
    const end = eventPosition(last + 1, 0);
    const places = after.map((place, partition) => ({ place, partition }));
    return await mapConcurrently(READS_AT_ONCE, places, async ({ place, partition }) => {
      const bound = upTo?.[partition] ?? Infinity;
      if (place >= end || place >= bound) return [];
      const ahead = await this.#readAhead(partition, place, limit, last);
      const slice = ahead.events.slice(0, limit).filter(({ position }) => position <= bound);
      this.#keep(partition, slice.at(-1)?.position ?? place, {
        ...ahead,
        events: ahead.events.slice(slice.length),
      }, after.length);
      return slice;
    });
  }

  /** At least so many events behind a place, where there are. */
  async #readAhead(partition: number, place: number, limit: number, last: number): Promise<ReadAhead> {
    const key = `${partition} ${place}`;
    const kept = this.#kept.get(key) ??
      { events: [], sequence: recordSequenceOf(place) - 1, endOf: undefined };
    this.#kept.delete(key);
    const isAtEnd = this.#log.replicas === 1 && kept.endOf !== undefined && kept.endOf >= last;
    if (kept.events.length >= limit || isAtEnd) return kept;
    const { client, stream, subjects } = this.#log;
    const events = [...kept.events];
    let { sequence } = kept;
    const from = Math.max(1, sequence + 1);
    const filter = subjects.records(partition);
    for await (const { position, data } of readSubjectBytes(client, stream, filter, from, RECORDS_PER_READ)) {
      const record = decodeRecord(data);
      if (record.kind === "record") events.push(...eventsBehind(position, record, place));
      sequence = position;
      if (events.length >= limit) return { events, sequence, endOf: undefined };
    }
    return { events, sequence, endOf: last };
  }

  #keep(partition: number, place: number, ahead: ReadAhead, partitions: number): void {
    this.#kept.set(`${partition} ${place}`, ahead);
    // Those that nobody came back for are the first.
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= 3 * partitions) return;
      this.#kept.delete(key);
    }
  }
}

function eventsBehind(
  sequence: number,
  { head: { recordedAt }, events }: LogRecord,
  place: number,
): StoredEvent[] {
  return events.map((event) => ({ position: eventPosition(sequence, event.index), recordedAt, event }))
    .filter(({ position }) => position > place).map(storedEventOf);
}
