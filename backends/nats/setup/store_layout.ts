/** What the streams of a store must be, and which subjects a node uses. @module */
import type { StreamConfig } from "@nats-io/jetstream";
import { partitionsIn, type StoreShape } from "../../../schema/nats.ts";
import { indexName, IndexSubjects } from "../../../schema/nats/index_stream.ts";
import { logName } from "../../../schema/nats/log.ts";
import type { NatsClient } from "../connection/client.ts";
import { isNotFound } from "../connection/errors.ts";
import { lostLog } from "./lost_store.ts";
import { earlierStore } from "./requirements.ts";

/** Flags that every write to the log needs. Older servers accept and silently drop them. */
export const NEEDED_FLAGS: readonly (keyof StreamConfig)[] = ["allow_atomic", "allow_direct"];

/** A store of before has its events in a stream of the plain name: throws BackendUnusable. */
export async function refuseEarlier(client: NatsClient, { stream }: StoreShape): Promise<void> {
  const found = await infoOf(client, stream);
  if (found !== undefined && partitionsIn(found.config) >= 1) throw earlierStore(stream);
}

/**
 * An index without a log behind it is of a log that was made anew. One that is only ahead of its log is made anew by whoever
 * opens it: after a power failure each of the two streams ends somewhere.
 */
export async function requireOwnIndex(
  client: NatsClient,
  { stream, prefix }: StoreShape,
  apply: boolean,
): Promise<string[]> {
  const [log, index] = [logName(stream), indexName(stream)];
  if ((await infoOf(client, log))?.state.messages !== 0) return [];
  const manifests = await infoOf(client, index, new IndexSubjects(prefix).manifest("*"));
  if (Object.keys(manifests?.state.subjects ?? {}).length === 0) return [];
  if (!apply) throw lostLog(log, "is empty, and its index is not");
  await client.manage(({ streams }) => streams.purge(index));
  return [index];
}

/** A stream, with the subjects under a filter; undefined where there is none. */
async function infoOf(client: NatsClient, name: string, filter?: string) {
  const options = filter === undefined ? {} : { subjects_filter: filter };
  return await client.manage(({ streams }) => streams.info(name, options)).catch((error) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}
