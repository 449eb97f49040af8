/** How the streams of a store of records stand, for monitoring. @module */
import type { StreamInfo } from "@nats-io/jetstream";
import { logName } from "../../../../schema/nats/log.ts";
import { ingestName } from "../../../../schema/nats.ts";
import type { NatsFigures } from "../../../measurements.ts";
import type { NatsClient } from "../../connection/client.ts";

export async function readServerFigures(client: NatsClient, stream: string): Promise<NatsFigures> {
  const [log, ingest, account] = await Promise.all([
    client.manage(({ streams }) => streams.info(logName(stream))),
    client.manage(({ streams }) => streams.info(ingestName(stream))),
    client.manage((manager) => manager.getAccountInfo()),
  ]);
  return {
    stream_messages: log.state.messages,
    stream_bytes: log.state.bytes,
    stream_consumers: log.state.consumer_count,
    stream_replicas_lagging: replicasBehind(log),
    ingest_waiting: ingest.state.messages,
    account_storage_bytes: account.storage,
    account_storage_limit_bytes: account.limits.max_storage,
  };
}

function replicasBehind({ cluster }: StreamInfo): number {
  return (cluster?.replicas ?? []).filter(({ current, offline }) => !current || offline === true).length;
}
