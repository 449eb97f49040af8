/** Makes the stream of the fan-out, which a store may have or not. @module */
import type { StreamConfig } from "@nats-io/jetstream";
import { driftOf, INGEST_BYTES, type StoreShape, type StreamDrift } from "../../../schema/nats.ts";
import { eventsStream } from "../../../schema/nats/events_stream.ts";
import { BackendUnusable } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";
import { ensureStream, updateStreams } from "./stream_changes.ts";

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
  const config = await ensureStream(client, wanted, () => created.push(wanted.name));
  const drift = driftOfEvents(shapeOf(client, shape), config);
  if (!apply || drift.length === 0) return { config, created, drift };
  await updateStreams(client, drift);
  return { config: await ensureStream(client, wanted, () => {}), created, drift };
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
  const { max_age, max_bytes, max_msgs_per_subject, discard, duplicate_window } = found;
  const kept = { max_age, max_bytes, max_msgs_per_subject, discard, duplicate_window };
  const subjects = [...new Set([...found.subjects, ...wanted.subjects])];
  const drift = driftOf({ ...wanted, ...kept, subjects }, found);
  return drift.length === 0 ? [] : [{ stream: wanted.name, drift }];
}
