/** What a server and its streams must be for the transactional mailbox, and the refusal of those that are not. @module */
import { PARTITIONS_KEY, type StoreShape, storeStream, type StreamConfig } from "../../schema/nats.ts";
import { BackendRefused } from "../backend.ts";
import type { NatsClient } from "./client.ts";

/** The API level that came with atomic batches (nats-server 2.12). */
const NEEDED_LEVEL = 2;

/** Throws BackendRefused for a server without JetStream, and for one that knows no atomic batches. */
export async function requireServer(client: NatsClient): Promise<void> {
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

/** Throws BackendRefused for a stream of somebody else under our name. */
export function requireOurs({ name, metadata, subjects }: StreamConfig, shape: StoreShape): void {
  const partitions = Number(metadata?.[PARTITIONS_KEY]);
  const wanted = storeStream(shape).subjects;
  if (partitions >= 1 && wanted.every((subject) => subjects.includes(subject))) return;
  throw new BackendRefused(`The stream ${name} is there and not ours: choose another name for ours`);
}

/** Older servers take the flags and drop them silently: what the server echoes counts. */
export function requireAtomic(config: StreamConfig, server: string): void {
  if (config.allow_atomic && config.allow_direct && config.allow_rollup_hdrs && config.allow_msg_ttl) return;
  throw new BackendRefused(
    `The stream ${config.name} lacks allow_atomic, allow_direct, allow_rollup_hdrs or allow_msg_ttl ` +
      `(nats-server ${server}): see setup --apply`,
  );
}
