/** What time it is at a server that does not tell with its streams (before 2.10): a consumer is made, and says when. @module */
import type { NatsClient } from "../client.ts";

/** Nobody reads from it, so the server soon forgets it. */
const FORGET_NS = 1_000_000_000;

/** The time, as the server writes it. */
export async function serverTime(client: NatsClient, stream: string): Promise<string> {
  const name = `zs-time-${crypto.randomUUID().slice(0, 8)}`;
  const config = {
    name,
    ack_policy: "none",
    deliver_policy: "new",
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: FORGET_NS,
  };
  const body = { stream_name: stream, config };
  return (await client.api<{ created: string }>(`CONSUMER.CREATE.${stream}.${name}`, body)).created;
}
