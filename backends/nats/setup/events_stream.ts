/** Makes the stream of the fan-out, which a store may have or not. @module */
import type { StreamConfig } from "@nats-io/jetstream";
import { driftOf, INGEST_BYTES, type StoreShape, type StreamDrift } from "../../../schema/nats.ts";
import { eventsName, eventsStream } from "../../../schema/nats/events_stream.ts";
import { CheckpointStore } from "../fan_out/checkpoint.ts";
import { BackendUnusable } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";
import { ensureStream, readIfThere, updateStreams } from "./stream_changes.ts";

/** The store it belongs to. */
export type EventsShape = Pick<StoreShape, "stream" | "prefix" | "partitions" | "replicas" | "leaseMs">;

interface EnsuredEvents {
  readonly config: StreamConfig;
  /** Streams that were created. */
  readonly created: readonly string[];
  readonly drift: readonly StreamDrift[];
}

/** Creates it where it is missing; an existing one is changed with `apply` only. Throws BackendUnusable for one that is not ours. */
export async function ensureEvents(
  client: NatsClient,
  shape: EventsShape,
  apply = false,
): Promise<EnsuredEvents> {
  const created: string[] = [];
  const wanted = eventsStream(shapeOf(client, shape));
  if (apply) await removeUnreplicated(client, shape);
  const config = await ensureStream(client, wanted, () => created.push(wanted.name));
  const drift = driftOfEvents(shapeOf(client, shape), config);
  if (!apply || drift.length === 0) return { config, created, drift };
  await updateStreams(client, drift);
  return { config: await ensureStream(client, wanted, () => {}), created, drift };
}

/**
 * A stream whose writes are not synced can't have replicas: it is removed, to be made anew, once nothing is written to it any
 * more and the durable copy says how far it came.
 */
async function removeUnreplicated(
  client: NatsClient,
  { stream, prefix, replicas }: EventsShape,
): Promise<void> {
  const name = eventsName(stream);
  const found = await readIfThere(client, name);
  if (replicas === 1 || found?.config.persist_mode !== "async") return;
  const sealed = { ...found.config, sealed: true };
  await client.manage(({ streams }) => streams.update(name, sealed));
  const checkpoint = new CheckpointStore(client, stream, prefix);
  const { resumption } = await checkpoint.find(false) ?? {};
  if (resumption !== undefined && resumption.skip > 0) {
    throw new BackendUnusable(
      `The end of ${name} was removed: remove all of it, and answer by --fan-out-from`,
    );
  }
  if (resumption !== undefined) await checkpoint.writeCopy(resumption);
  await client.manage(({ streams }) => streams.delete(name));
}

function shapeOf({ maxPayload }: NatsClient, shape: EventsShape): StoreShape {
  return { ...shape, maxPayload, ingestBytes: INGEST_BYTES };
}

/**
 * Where it differs. How much of the past it keeps is the operator's, and it may have subjects of types that this program does
 * not know: a newer one has added them.
 */
export function driftOfEvents(shape: StoreShape, found: StreamConfig): StreamDrift[] {
  const wanted = eventsStream(shape);
  if (!found.subjects.some((subject) => wanted.subjects.includes(subject))) {
    throw new BackendUnusable(
      `The stream ${wanted.name} is there and not ours: choose another name for ours`,
    );
  }
  const { max_age, max_bytes, max_msgs_per_subject, discard, duplicate_window, persist_mode } = found;
  const kept = { max_age, max_bytes, max_msgs_per_subject, discard, duplicate_window, persist_mode };
  const subjects = [...new Set([...found.subjects, ...wanted.subjects])];
  const drift = driftOf({ ...wanted, ...kept, subjects }, found);
  return drift.length === 0 ? [] : [{ stream: wanted.name, drift }];
}
