/** Bringing the streams about, and telling where those that exist differ from what this program wants. @module */
import {
  driftOf,
  leaseStream,
  partitionsIn,
  type StoreShape,
  storeStream,
  type StreamConfig,
  type StreamDrift,
  streamsOf,
} from "../../../schema/nats.ts";
import { BackendUnusable } from "../../errors.ts";
import { isNotFound, type NatsClient } from "../connection/client.ts";
import { ApiError, StoreFull } from "../connection/errors.ts";
import { requireFlags, requireOwnStream, requireServer } from "./requirements.ts";

/** Two nodes may create the streams at once. */
const STREAM_NAME_IN_USE = 10058;

/** A store as it is wanted: what is left out is kept where it exists. */
export interface WantedStore extends Omit<StoreShape, "replicas" | "leaseMs"> {
  readonly replicas: number | undefined;
  readonly leaseMs: number | undefined;
}

/** The store as it is: an existing one keeps its partitions, and its lease time. */
export interface OpenedStore {
  readonly partitions: number;
  readonly replicas: number;
  readonly leaseMs: number;
  /** Streams that were made. */
  readonly created: readonly string[];
  /** Where streams that were there are not configured as this program would. */
  readonly drift: readonly StreamDrift[];
}

/** A lease of a store with replicas outlives the choice of a new leader. */
const LEASE_MS = 5_000;
const LEASE_MS_REPLICATED = 15_000;

/** Creates what is missing. What exists is changed only when asked; how it differs, or did, is returned. */
export async function ensureStreams(
  client: NatsClient,
  wanted: WantedStore,
  apply = false,
): Promise<OpenedStore> {
  await requireServer(client);
  const { replicas = 1, leaseMs = replicas > 1 ? LEASE_MS_REPLICATED : LEASE_MS } = wanted;
  const shape = { ...wanted, replicas, leaseMs };
  const created: string[] = [];
  const found: StreamConfig[] = [];
  for (const config of streamsOf(shape)) {
    found.push(await ensureStream(client, config, () => created.push(config.name)));
    if (config.name === shape.stream) requireOwnStream(found[0]!, shape);
  }
  const actual = shapeOf(shape, found);
  const aim = { ...actual, replicas: wanted.replicas ?? actual.replicas };
  const drift = driftOfStreams(streamsOf(aim), found);
  if (apply) await update(client, drift, found);
  else requireFlags(found[0]!, client);
  return { ...actual, created, drift };
}

/** What a store is, by its streams. */
function shapeOf(wanted: StoreShape, found: readonly StreamConfig[]): StoreShape {
  const named = (name: string) => found.find((config) => config.name === name)!;
  const config = named(storeStream(wanted).name);
  const leaseMs = named(leaseStream(wanted).name).max_age / 1e6;
  return { ...wanted, partitions: partitionsIn(config), replicas: config.num_replicas, leaseMs };
}

function driftOfStreams(wanted: readonly StreamConfig[], found: readonly StreamConfig[]): StreamDrift[] {
  return wanted
    .map((config, i) => ({ stream: config.name, drift: driftOf(config, found[i]!) }))
    .filter(({ drift }) => drift.length > 0);
}

/** What this program has no opinion of stays as it is. */
async function update(client: NatsClient, drift: readonly StreamDrift[], found: readonly StreamConfig[]) {
  for (const { stream, drift: fields } of drift) {
    const before = found.find(({ name }) => name === stream)!;
    const changes = Object.fromEntries(fields.map(({ field, wanted }) => [field, wanted]));
    await client.api(`STREAM.UPDATE.${stream}`, { ...before, ...changes }).catch((error) => {
      throw refusedStream(error, stream);
    });
  }
}

interface StreamInfo {
  config: StreamConfig;
}

async function ensureStream(
  client: NatsClient,
  wanted: StreamConfig,
  created: () => void,
): Promise<StreamConfig> {
  const look = async () => (await client.api<StreamInfo>(`STREAM.INFO.${wanted.name}`)).config;
  try {
    return await look();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    const { config } = await client.api<StreamInfo>(`STREAM.CREATE.${wanted.name}`, wanted);
    created();
    return config;
  } catch (error) {
    if (error instanceof ApiError && error.apiCode === STREAM_NAME_IN_USE) return await look();
    throw refusedStream(error, wanted.name);
  }
}

/** Nobody waits for room that a stream which is only being made, or changed, may never get. */
function refusedStream(error: unknown, stream: string): unknown {
  if (error instanceof StoreFull) {
    return new BackendUnusable(`No room for the stream ${stream}: ${error.message}`);
  }
  if (!(error instanceof ApiError)) return error;
  return new BackendUnusable(`NATS refuses the stream ${stream} (${error.apiCode} ${error.message})`);
}
