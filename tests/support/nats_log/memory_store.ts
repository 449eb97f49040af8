/** A store of records in memory: logs, nodes that own them, and what producers need to reach those. @module */
import { LogSubjects } from "../../../schema/nats/log.ts";
import type { Appender } from "../../../backends/nats/journal/append/appender.ts";
import { serveAppends } from "../../../backends/nats/journal/append/append_service.ts";
import { openedInMemory } from "./memory_partition.ts";
import { PartitionWriter } from "../../../backends/nats/journal/partition/partition_writer.ts";
import { MemoryLog, MemoryLogClient } from "./memory_log.ts";
import { RequestBus } from "./request_bus.ts";

export const PARTITIONS = 2;
const subjects = new LogSubjects("p");
const { signal } = new AbortController();

/** A store of two partitions, with nodes and producers. */
export class MemoryStoreOfRecords {
  readonly bus = new RequestBus();
  readonly logs = [new MemoryLog(), new MemoryLog()];

  writer(partition: number, node = "n"): PartitionWriter {
    const log = Object.assign(new MemoryLogClient(this.logs[partition]!), { partition });
    return new PartitionWriter({ log, opened: openedInMemory(), node, signal, now: () => 1_000 });
  }

  /** A node that owns a partition and serves it. */
  async owner(partition: number): Promise<{ writer: PartitionWriter; stop: () => void }> {
    const writer = this.writer(partition);
    await writer.takeOver();
    const options = { source: this.bus, subject: subjects.commits(partition), partitions: PARTITIONS };
    return { writer, stop: serveAppends({ ...options, owner: writer }) };
  }

  appenderOptions(own: readonly PartitionWriter[] = [], mayWrite = true): Appender["options"] {
    const writers = new Map<number, PartitionWriter>();
    const writerOf = (partition: number) => {
      const writer = writers.get(partition) ?? this.writer(partition);
      writers.set(partition, writer);
      return writer;
    };
    return {
      requests: this.bus,
      partitions: PARTITIONS,
      subjectOf: (partition) => subjects.commits(partition),
      notify: (partition) => this.bus.publish(subjects.written(partition)),
      signal,
      ownerOf: (partition) => own.find((writer) => writer.partition === partition),
      ...(mayWrite ? { writerOf } : {}),
    };
  }

  eventsIn(partition: number): number {
    return this.logs[partition]!.records().reduce(
      (sum, { record }) => sum + (record.kind === "record" ? record.events.length : 0),
      0,
    );
  }
}
