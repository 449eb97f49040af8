/** A node on a log of a real server: it takes partitions, serves appends to them, and appends itself. @module */
import { logName, logStream, LogSubjects } from "../../../schema/nats/log.ts";
import { NatsClient } from "../../../backends/nats/connection/client.ts";
import { Appender } from "../../../backends/nats/journal/append/appender.ts";
import { serveAppends } from "../../../backends/nats/journal/append/append_service.ts";
import { openedInMemory } from "./memory_partition.ts";
import {
  NatsPartitionLog,
  type PartitionLog,
} from "../../../backends/nats/journal/partition/partition_log.ts";
import { PartitionWriter } from "../../../backends/nats/journal/partition/partition_writer.ts";
import { PartitionViews } from "../../../backends/nats/journal/partition/partition_views.ts";
import type { LogReads } from "../../../backends/nats/journal/reads/log_reads.ts";
import { NatsWholeLog } from "../../../backends/nats/journal/reads/whole_log.ts";
import type { StoredRecord } from "../../../backends/nats/journal/record/record.ts";

/** The place of a store on a server. */
export interface LogPlace {
  readonly url: string;
  readonly stream: string;
  readonly partitions: number;
  readonly replicas?: number;
}

/** Makes the stream of a log. */
export async function makeLog({ url, stream, partitions, replicas = 1 }: LogPlace): Promise<void> {
  const client = await NatsClient.open({ url });
  const shape = { stream, prefix: stream.toLowerCase(), partitions, replicas, leaseMs: 5_000 };
  const settings = logStream({ ...shape, maxPayload: client.maxPayload, ingestBytes: 1 });
  await client.manage(({ streams }) => streams.add(settings));
  await client.close();
}

export class LogNode implements AsyncDisposable {
  readonly appender: Appender;
  readonly #closing = new AbortController();
  readonly #owned = new Map<number, PartitionWriter>();
  readonly #direct = new Map<number, PartitionWriter>();
  readonly #subjects: LogSubjects;
  readonly #whole: NatsWholeLog;
  readonly #views: PartitionViews;

  private constructor(readonly client: NatsClient, readonly place: LogPlace, readonly name: string) {
    this.#subjects = new LogSubjects(place.stream.toLowerCase());
    this.#whole = new NatsWholeLog(client, logName(place.stream), this.#subjects);
    this.#views = new PartitionViews({
      partitions: place.partitions,
      ownerOf: (partition) => this.#owned.get(partition),
      open: (partition) => Promise.resolve(this.writer(partition)),
    });
    this.appender = new Appender({
      requests: client,
      partitions: place.partitions,
      subjectOf: (partition) => this.#subjects.commits(partition),
      notify: (partition) => client.publish(this.#subjects.written(partition), ""),
      signal: this.#closing.signal,
      ownerOf: (partition) => this.#owned.get(partition),
      writerOf: (partition) => this.#directWriter(partition),
    });
  }

  /** `deadlineMs`: short for tests in which a server is killed. */
  static async open(place: LogPlace, name: string, deadlineMs = 1_000): Promise<LogNode> {
    return new LogNode(await NatsClient.open({ url: place.url, deadlineMs }), place, name);
  }

  log(partition: number): NatsPartitionLog {
    const { client, place: { stream } } = this;
    return new NatsPartitionLog(client, logName(stream), this.#subjects.records(partition), partition);
  }

  /** A writer for a partition, with whatever stands between it and the log. */
  writer(partition: number, around: (log: PartitionLog) => PartitionLog = (log) => log): PartitionWriter {
    return new PartitionWriter({
      log: around(this.log(partition)),
      opened: openedInMemory(),
      node: this.name,
      signal: this.#closing.signal,
      now: () => Date.now(),
    });
  }

  /** Takes a partition over, and serves it until it is lost. */
  async takeOver(partition: number): Promise<PartitionWriter> {
    const writer = this.writer(partition);
    await writer.takeOver();
    this.#owned.set(partition, writer);
    serveAppends({
      source: this.client,
      subject: this.#subjects.commits(partition),
      partitions: this.place.partitions,
      owner: writer,
    });
    return writer;
  }

  /** What reading the store needs. */
  get reads(): LogReads {
    return { log: this.#whole, views: this.#views };
  }

  /** All records of a partition. */
  records(partition: number): Promise<StoredRecord[]> {
    return Array.fromAsync(this.log(partition).readBehind(0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.client.close();
  }

  #directWriter(partition: number): PartitionWriter {
    const writer = this.#direct.get(partition) ?? this.writer(partition);
    this.#direct.set(partition, writer);
    return writer;
  }
}
