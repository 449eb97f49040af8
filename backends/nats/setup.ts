/** Bringing the streams about, and refusing what can't be worked with. @module */
import {
  type Drift,
  driftLines,
  driftOf,
  leaseStream,
  PARTITIONS_KEY,
  type StoreShape,
  storeStream,
  type StreamConfig,
} from "../../schema/nats.ts";
import { BackendRefused } from "../backend.ts";
import { isNotFound, type NatsClient } from "./client.ts";
import { ApiError } from "./errors.ts";

/** The API level that came with atomic batches (nats-server 2.12). */
const NEEDED_LEVEL = 2;
/** Two nodes may create the streams at once. */
const STREAM_NAME_IN_USE = 10058;

/** A stream as the server has it. */
interface StreamInfo {
  config: StreamConfig;
}

/** The store as it is: an existing one keeps its partitions, replicas and lease time. */
export interface OpenedStore {
  readonly partitions: number;
  readonly replicas: number;
  readonly leaseMs: number;
  /** Where the streams are not configured as this program would. */
  readonly drift: readonly Drift[];
}

/** Creates what is missing. What exists is not changed; how it differs is returned. */
export async function ensureStreams(client: NatsClient, shape: StoreShape): Promise<OpenedStore> {
  await requireServer(client);
  const { config } = await ensureStream(client, storeStream(shape));
  requireOurs(config, shape);
  const partitions = Number(config.metadata[PARTITIONS_KEY]);
  const leases = (await ensureStream(client, leaseStream(shape))).config;
  const found = { ...shape, partitions, replicas: config.num_replicas, leaseMs: leases.max_age / 1e6 };
  const drift = [...driftOf(storeStream(found), config), ...driftOf(leaseStream(found), leases)];
  requireAtomic(config, client.server);
  return { partitions, replicas: found.replicas, leaseMs: found.leaseMs, drift };
}

/** Changes the store's stream to what this program wants of it. Returns the differences as they were, as a diff. */
export async function applyDrift(client: NatsClient, shape: StoreShape): Promise<string[]> {
  const { config } = await client.api<StreamInfo>(`STREAM.INFO.${shape.stream}`);
  const wanted = storeStream({ ...shape, partitions: Number(config.metadata[PARTITIONS_KEY]) });
  const drift = driftOf(wanted, config);
  if (drift.length > 0) await client.api(`STREAM.UPDATE.${shape.stream}`, { ...config, ...wanted });
  return driftLines(drift);
}

async function requireServer(client: NatsClient): Promise<void> {
  const { api } = await client.api<{ api: { level?: number } }>("INFO").catch((error) => {
    throw noJetStream(error);
  });
  if ((api.level ?? 0) >= NEEDED_LEVEL) return;
  throw new BackendRefused(`nats-server ${client.server} is too old: use 2.12 or newer (atomic batches)`);
}

/** Nobody answers on the API's subjects where JetStream is off. */
function noJetStream(error: unknown): unknown {
  const { name = "" } = ((error as Error).cause as Error)?.cause as Error ?? {};
  if (!name.startsWith("NoResponders")) return error;
  const advice = "enable it (a jetstream block in the server's configuration, and for the account)";
  return new BackendRefused(`The NATS server has no JetStream: ${advice}`, { cause: error });
}

async function ensureStream(client: NatsClient, wanted: StreamConfig): Promise<StreamInfo> {
  try {
    return await client.api<StreamInfo>(`STREAM.INFO.${wanted.name}`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    return await client.api<StreamInfo>(`STREAM.CREATE.${wanted.name}`, wanted);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.apiCode === STREAM_NAME_IN_USE) {
      return await client.api<StreamInfo>(`STREAM.INFO.${wanted.name}`);
    }
    throw new BackendRefused(`NATS refuses the stream ${wanted.name} (${error.apiCode} ${error.message})`);
  }
}

function requireOurs({ name, metadata, subjects }: StreamConfig, shape: StoreShape): void {
  const partitions = Number(metadata?.[PARTITIONS_KEY]);
  const wanted = storeStream(shape).subjects;
  if (partitions >= 1 && wanted.every((subject) => subjects.includes(subject))) return;
  throw new BackendRefused(`The stream ${name} is there and not ours: choose another name for ours`);
}

/** Older servers take the flags and drop them silently: what the server echoes counts. */
function requireAtomic(config: StreamConfig, server: string): void {
  if (config.allow_atomic && config.allow_direct && config.allow_rollup_hdrs && config.allow_msg_ttl) return;
  throw new BackendRefused(
    `The stream ${config.name} lacks allow_atomic, allow_direct, allow_rollup_hdrs or allow_msg_ttl ` +
      `(nats-server ${server}): apply our configuration to it`,
  );
}
