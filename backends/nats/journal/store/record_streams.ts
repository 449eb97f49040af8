/** Makes the streams of a store of records that are not there. @module */
import { JetStreamApiError, type StreamConfig } from "@nats-io/jetstream";
import {
  INGEST_BYTES,
  leaseStream,
  partitionsIn,
  type StoreShape,
  type StreamSettings,
} from "../../../../schema/nats.ts";
import { logStream, recordStreamsOf } from "../../../../schema/nats/log.ts";
import { indexStream } from "../../index/store/index_stream.ts";
import type { NatsClient } from "../../connection/client.ts";
import { isNotFound } from "../../connection/errors.ts";
import type { RequestedStore } from "../../setup/streams.ts";

/** The answer when another node created the stream at the same time. */
const STREAM_NAME_IN_USE = 10058;
const LEASE_MS = 5_000;
const LEASE_MS_REPLICATED = 15_000;

/** The store as it is. */
export interface RecordStore {
  readonly partitions: number;
  readonly replicas: number;
  readonly leaseMs: number;
}

export async function ensureRecordStreams(client: NatsClient, wanted: RequestedStore): Promise<RecordStore> {
  const { replicas = 1, leaseMs = replicas > 1 ? LEASE_MS_REPLICATED : LEASE_MS } = wanted;
  const shape: StoreShape = {
    ...wanted,
    replicas,
    leaseMs,
    maxPayload: client.maxPayload,
    ingestBytes: INGEST_BYTES,
  };
  const found = new Map<string, StreamConfig>();
  for (const settings of [...recordStreamsOf(shape), indexStream(shape)]) {
    found.set(settings.name, await ensure(client, settings));
  }
  const log = found.get(logStream(shape).name)!;
  const leases = found.get(leaseStream(shape).name)!;
  return { partitions: partitionsIn(log), replicas: log.num_replicas, leaseMs: leases.max_age / 1e6 };
}

async function ensure(client: NatsClient, wanted: StreamSettings): Promise<StreamConfig> {
  const read = async () => (await client.manage(({ streams }) => streams.info(wanted.name))).config;
  try {
    return await read();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    return (await client.manage(({ streams }) => streams.add(wanted))).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NAME_IN_USE) return await read();
    throw error;
  }
}
