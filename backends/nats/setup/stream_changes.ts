/** Reading, making and changing single streams. @module */
import { JetStreamApiError, type StreamConfig, type StreamInfo } from "@nats-io/jetstream";
import type { StreamDrift, StreamSettings } from "../../../schema/nats.ts";
import { BackendUnusable } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";
import { isNotFound, Refused, StoreFull } from "../connection/errors.ts";
import { withLayout } from "./layout.ts";

/** The answer when another node created the stream at the same time. */
const STREAM_NAME_IN_USE = 10058;

/** A server with less room than this bounds a stream by itself. */
const LEAST_BYTES = 1_048_576;

export async function readIfThere(client: NatsClient, name: string): Promise<StreamInfo | undefined> {
  return await client.manage(({ streams }) => streams.info(name)).catch((error) => {
    if (!isNotFound(error)) throw error;
    return undefined;
  });
}

/** Changes the fields that differ; all others keep their values. */
export async function updateStreams(client: NatsClient, drift: readonly StreamDrift[]): Promise<void> {
  for (const { stream, drift: fields } of drift) {
    const changes = Object.fromEntries(fields.map(({ field, wanted }) => [field, wanted]));
    await client.manage(({ streams }) => streams.update(stream, changes)).catch((error) => {
      throw refusedStream(error, stream);
    });
  }
}

export async function ensureStream(
  client: NatsClient,
  wanted: StreamSettings,
  onCreated: () => void,
): Promise<StreamConfig> {
  const found = await readIfThere(client, wanted.name);
  if (found !== undefined) return found.config;
  try {
    const config = await addStream(client, withLayout(wanted));
    onCreated();
    return config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NAME_IN_USE) {
      return (await client.manage(({ streams }) => streams.info(wanted.name))).config;
    }
    throw refusedStream(error, wanted.name);
  }
}

/** Makes a stream, bounded by fewer bytes than wanted where the server has not so many to set aside. */
async function addStream(client: NatsClient, wanted: StreamSettings): Promise<StreamConfig> {
  try {
    return (await client.manage(({ streams }) => streams.add(wanted))).config;
  } catch (error) {
    if (!(error instanceof StoreFull) || wanted.max_bytes < 0) throw error;
    const fewer = wanted.max_bytes / 4;
    return await addStream(client, { ...wanted, max_bytes: fewer < LEAST_BYTES ? -1 : fewer });
  }
}

/** A store without room counts as unusable here: a stream that is being created or changed may never get the room. */
function refusedStream(error: unknown, stream: string): unknown {
  if (error instanceof StoreFull) {
    return new BackendUnusable(`No room for the stream ${stream}: ${error.message}`);
  }
  if (!(error instanceof Refused)) return error;
  return new BackendUnusable(error.message.replace("refuses", `refuses the stream ${stream}`));
}
