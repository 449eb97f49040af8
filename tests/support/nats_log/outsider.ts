/** A writer beside the nodes of a store, past every door. @module */
import { NatsClient } from "../../../backends/nats/connection/client.ts";
import { openedInMemory } from "./memory_partition.ts";
import {
  NatsPartitionLog,
  type PartitionLog,
} from "../../../backends/nats/journal/partition/partition_log.ts";
import { PartitionWriter } from "../../../backends/nats/journal/partition/partition_writer.ts";
import { logName, LogSubjects } from "../../../schema/nats/log.ts";

/** A writer beside the nodes: of a partition that it does not own. */
export class Outsider {
  private constructor(readonly client: NatsClient, readonly subjects: LogSubjects, readonly stream: string) {}

  static async open(url: string, stream: string): Promise<Outsider> {
    return new Outsider(await NatsClient.open({ url }), new LogSubjects(stream.toLowerCase()), stream);
  }

  async writer(partition: number, around = (log: PartitionLog) => log): Promise<PartitionWriter> {
    const { client, subjects, stream } = this;
    const log = new NatsPartitionLog(client, logName(stream), subjects.records(partition), partition);
    const writer = new PartitionWriter({
      log: around(log),
      opened: openedInMemory(),
      node: "outsider",
      signal: new AbortController().signal,
      now: () => Date.now(),
    });
    await writer.readOn();
    return writer;
  }

  /** Tells the owner that something was written. */
  async close(partition: number): Promise<void> {
    this.client.publish(this.subjects.written(partition), "");
    await this.client.close();
  }
}
