/** The log of records on JetStream: one stream, a subject for each partition, and the subjects by which its owners are asked. @module */
import type { StreamConfig } from "@nats-io/jetstream";
import {
  ingestStream,
  ingestSubject,
  leaseStream,
  type StoreShape,
  storeStream,
  type StreamSettings,
  token,
} from "../nats.ts";

import { grantsStream } from "./producers.ts";
import { indexStream } from "./index_stream.ts";

/** As other streams of ours; nothing of the log is ever removed. */
type LogSettings = StreamSettings & Required<Pick<StreamConfig, "deny_delete">>;

/** The server keeps message ids at least this long. None are written: records have expectations. */
const DUPLICATE_WINDOW_NS = 100_000_000;

/** The stream of records. One for all partitions, so that everything in it has one order, which mirrors and copies keep. */
export function logStream(shape: StoreShape): LogSettings {
  return {
    ...storeStream(shape),
    name: logName(shape.stream),
    subjects: [new LogSubjects(shape.prefix).records()],
    duplicate_window: DUPLICATE_WINDOW_NS,
    // Records are compressed by their writers, once for all readers.
    compression: "none",
    // For an append that does not fit one record.
    allow_atomic: true,
    allow_rollup_hdrs: false,
    allow_msg_ttl: false,
    deny_delete: true,
    deny_purge: true,
  };
}

export function logName(stream: string): string {
  return `${stream}_log`;
}

/** What could not be taken in, until a person has dealt with it. */
function inboxStream(shape: StoreShape): StreamSettings {
  return {
    ...storeStream(shape),
    name: inboxName(shape.stream),
    subjects: [new LogSubjects(shape.prefix).rejected()],
    allow_atomic: false,
    allow_msg_ttl: false,
    metadata: {},
  };
}

export function inboxName(stream: string): string {
  return `${stream}_inbox`;
}

/** Every stream of a store, the log first. */
export function streamsOf(shape: StoreShape): StreamSettings[] {
  return [
    logStream(shape),
    leaseStream(shape),
    ingestStream(shape),
    inboxStream(shape),
    indexStream(shape),
    grantsStream(shape.stream, storeStream(shape)),
  ];
}

/** The subjects of the log, of its owners, and of those who wait for it. */
export class LogSubjects {
  constructor(readonly prefix: string) {}

  /** The records of one partition, or of all. */
  records(partition: number | "*" = "*"): string {
    return `${this.prefix}-log.${partition}`;
  }
  /** The partition of the records under a subject. */
  partitionIn(subject: string): number {
    return Number(subject.slice(subject.lastIndexOf(".") + 1));
  }
  /** A request to append of a producer, that NATS has let use its own name; without one, of anyone. */
  append(partition: number | "*", producer?: string): string {
    const bare = `${this.prefix}-append.${partition}`;
    return producer === undefined ? bare : `${bare}.${token(producer)}`;
  }
  /** The requests of all producers with a name. */
  appendsBy(partition: number | "*"): string {
    return `${this.append(partition)}.*`;
  }
  /** A request of a node, or of the owner of the store: what it appends was judged by it. */
  commits(partition: number | "*"): string {
    return `${this.prefix}-commit.${partition}`;
  }
  /** Not stored: what nodes that have leased a processor alone ask of the owner. */
  settles(partition: number | "*"): string {
    return `${this.prefix}-settle.${partition}`;
  }
  /** Not stored: nodes notify each other of leases that are free. */
  notify(): string {
    return `${this.prefix}-notify`;
  }
  /** An event that a producer left and that can't be taken in; without a name: all of them. */
  rejected(message = "*"): string {
    return `${this.prefix}-inbox.${message}`;
  }
  /** Plain JSON events, of any producer. */
  ingest(): string {
    return ingestSubject(this.prefix);
  }
  /** Not stored: a record was written by another node than the owner, or by the owner where others read it too. */
  written(partition: number | "*"): string {
    return `${this.prefix}-bell.${partition}`;
  }
}
