/** Creates the streams of a store, and compares existing ones with the wanted configuration. @module */
import type { StreamConfig, StreamInfo } from "@nats-io/jetstream";
import {
  driftOf,
  INGEST_BYTES,
  ingestName,
  leaseStream,
  partitionsIn,
  type StoreShape,
  type StreamDrift,
  type StreamSettings,
} from "../../../schema/nats.ts";
import { eventsName } from "../../../schema/nats/events_stream.ts";
import { streamsOf } from "../../../schema/nats/log.ts";
import type { NatsClient } from "../connection/client.ts";
import { LAYOUT, layoutOf } from "./layout.ts";
import { lostLog } from "./lost_store.ts";
import { requireRestored } from "./restored.ts";
import { requireFlags, requireOwnStream, requireServer } from "./requirements.ts";
import { NEEDED_FLAGS, refuseEarlier, requireOwnIndex } from "./store_layout.ts";
import { driftOfEvents } from "./events_stream.ts";
import { ensureStream, readIfThere, updateStreams } from "./stream_changes.ts";

/** A store as it is requested: an existing store keeps what is left undefined. */
export interface RequestedStore extends Pick<StoreShape, "stream" | "prefix" | "partitions"> {
  readonly replicas: number | undefined;
  readonly leaseMs: number | undefined;
}

/** The store as it is: an existing one keeps its partitions and its lease time. */
export interface OpenedStore {
  readonly partitions: number;
  readonly replicas: number;
  readonly leaseMs: number;
  /** Streams that were created. */
  readonly created: readonly string[];
  /** Streams that were emptied, because what they held was made of another log. */
  readonly emptied: readonly string[];
  /** The differences between existing streams and the wanted configuration. */
  readonly drift: readonly StreamDrift[];
}

/** A lease of a store with replicas outlasts the election of a new leader. */
const LEASE_MS = 5_000;
const LEASE_MS_REPLICATED = 15_000;

/**
 * Creates missing streams. Existing ones are changed with `apply` only; the differences found are returned. A log that was
 * there before, or was another one, throws StoreLost; `apply` takes what is there for the store from now on.
 */
export async function ensureStreams(
  client: NatsClient,
  wanted: RequestedStore,
  apply = false,
  isRestoring = false,
): Promise<OpenedStore> {
  await requireServer(client);
  const { replicas = 1, leaseMs = replicas > 1 ? LEASE_MS_REPLICATED : LEASE_MS } = wanted;
  const shape = { ...wanted, replicas, leaseMs, maxPayload: client.maxPayload, ingestBytes: INGEST_BYTES };
  const created: string[] = [];
  const found: StreamConfig[] = [];
  await refuseEarlier(client, shape);
  if (!apply) await requireLog(client, streamsOf(shape));
  for (const config of streamsOf(shape)) {
    const stream = await ensureStream(client, config, () => created.push(config.name));
    requireOwnStream(stream, config);
    if (!isRestoring) requireRestored(stream);
    found.push(stream);
  }
  const actual = shapeOf(shape, found);
  const aim = { ...actual, replicas: wanted.replicas ?? actual.replicas };
  const drift = driftOfStreams(streamsOf(aim), found);
  if (apply) await updateStreams(client, drift);
  else requireFlags(found[0]!, NEEDED_FLAGS, client);
  return { ...actual, created, drift, emptied: await requireOwnIndex(client, shape, apply) };
}

/** The log is the first stream that is made: without it, and with others of its store, it was there before. */
async function requireLog(client: NatsClient, [log, ...others]: readonly StreamSettings[]): Promise<void> {
  if (await readIfThere(client, log!.name) !== undefined) return;
  for (const other of others) {
    // Another node may be making them at this moment.
    if (await readIfThere(client, other.name) === undefined) continue;
    if (await readIfThere(client, log!.name) !== undefined) continue;
    throw lostLog(log!.name, "is gone, and the rest of its store is there");
  }
}

/** The streams of a store that are there, the names of those on disk that are not, and the differences. */
interface ComparedStore {
  readonly streams: readonly StreamInfo[];
  readonly missing: readonly string[];
  /** How many streams a store has. */
  readonly wanted: number;
  readonly drift: readonly StreamDrift[];
}

/** Reads the streams of a store and creates none. Throws BackendUnusable for one of their names that is not ours. */
export async function compareStreams(
  client: NatsClient,
  wanted: RequestedStore,
): Promise<ComparedStore> {
  const { replicas = 1, leaseMs = LEASE_MS } = wanted;
  const shape = { ...wanted, replicas, leaseMs, maxPayload: client.maxPayload, ingestBytes: INGEST_BYTES };
  const settings = streamsOf(shape);
  await refuseEarlier(client, shape);
  const read = await Promise.all(settings.map(({ name }) => readIfThere(client, name)));
  const streams = read.filter((stream) => stream !== undefined);
  streams.forEach(({ config }) =>
    requireOwnStream(config, settings.find(({ name }) => name === config.name)!)
  );
  // One in memory is gone after each start of its server, and made anew by the next node.
  const missing = settings.filter(({ storage }, i) => storage === "file" && read[i] === undefined)
    .map(({ name }) => name);
  const events = await readIfThere(client, eventsName(wanted.stream));
  const optional = events === undefined ? [] : [events];
  const compared = {
    streams: [...streams, ...optional],
    missing,
    wanted: settings.length + optional.length,
  };
  if (missing.length > 0) return { ...compared, drift: [] };
  const found = settings.map((config, i) =>
    read[i]?.config ?? { ...config, num_replicas: read[0]!.config.num_replicas }
  );
  const aim = shapeOf(shape, found as StreamConfig[]);
  const drift = driftOfStreams(streamsOf(aim), found as StreamConfig[]);
  return { ...compared, drift: [...drift, ...optional.flatMap(({ config }) => driftOfEvents(aim, config))] };
}

/** The shape of the store that these streams make up. */
function shapeOf(wanted: StoreShape, found: readonly StreamConfig[]): StoreShape {
  const named = (name: string) => found.find((config) => config.name === name)!;
  const [config] = found as [StreamConfig];
  const leaseMs = named(leaseStream(wanted).name).max_age / 1e6;
  const { max_bytes } = named(ingestName(wanted.stream));
  const ingestBytes = max_bytes > 0 ? max_bytes : wanted.ingestBytes;
  return { ...wanted, partitions: partitionsIn(config), replicas: config.num_replicas, leaseMs, ingestBytes };
}

function driftOfStreams(wanted: readonly StreamSettings[], found: readonly StreamConfig[]): StreamDrift[] {
  // A store that is ahead is not taken back, so it is not asked for differences either.
  if (layoutOf(found[0]!).version > LAYOUT.version) return [];
  return wanted
    .map((config, i) => ({ stream: config.name, drift: driftOf(config, found[i]!) }))
    .filter(({ drift }) => drift.length > 0);
}
