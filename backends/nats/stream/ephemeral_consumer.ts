/** Consumers without acknowledgements, in the memory of one server, that the server removes when they are idle. @module */
import { AckPolicy, type ConsumerInfo, DeliverPolicy } from "@nats-io/jetstream";
import type { NatsClient } from "../connection/client.ts";

const NANOSECONDS_PER_MS = 1_000_000;
const node = crypto.randomUUID().slice(0, 8);
let consumers = 0;

/** Creates a consumer of what is behind a position; it also tells how many messages that are. */
export function createConsumer(
  client: NatsClient,
  stream: string,
  filters: readonly string[],
  after: number,
  idleMs: number,
): Promise<ConsumerInfo> {
  const config = {
    name: `zs-${node}-${++consumers}`,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    filter_subjects: [...filters],
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: idleMs * NANOSECONDS_PER_MS,
  };
  return client.manage((manager) => manager.consumers.add(stream, config));
}

export function deleteConsumer(client: NatsClient, stream: string, name: string): Promise<boolean> {
  return client.manage((manager) => manager.consumers.delete(stream, name));
}
