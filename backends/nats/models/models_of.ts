/** The read models of an opened store, and what they read of its log. @module */
import type { RecordContext } from "../journal/store/record_context.ts";
import { backlogAfter } from "../journal/reads/backlog.ts";
import { storedEventOf } from "../journal/reads/read_events.ts";
import { decodeRecord } from "../journal/record/decode_record.ts";
import { indexOf, recordSequenceOf } from "../journal/record/record.ts";
import { NatsWholeLog } from "../journal/reads/whole_log.ts";
import { readBytesFromLeader } from "../stream/direct_get.ts";
import { LogSlices } from "./log_slices.ts";
import { NatsModelStore } from "./model_store.ts";

/** Read models in a file, or in memory where none is given. */
export function modelsOf(context: RecordContext, file: string | undefined): NatsModelStore {
  const { client, log: stream, subjects, store: { partitions, replicas } } = context;
  const log = new NatsWholeLog(client, stream, subjects);
  const slices = new LogSlices({ client, stream, subjects, replicas, last: () => log.last() });
  return new NatsModelStore({
    store: `${context.stream}/${partitions}`,
    partitions,
    read: (query) => slices.read(query),
    eventIdAt: (position) => eventIdAt(context, position),
    countBehind: async (partition, position) =>
      (await backlogAfter(await context.partitions.view(partition), position)).count,
  }, file);
}

async function eventIdAt({ client, log }: RecordContext, position: number): Promise<string | undefined> {
  const bytes = await readBytesFromLeader(client, log, recordSequenceOf(position));
  const record = bytes && decodeRecord(bytes);
  if (record?.kind !== "record") return undefined;
  const event = record.events.find(({ index }) => index === indexOf(position));
  return event && storedEventOf({ position, recordedAt: record.head.recordedAt, event }).event.event_id;
}
