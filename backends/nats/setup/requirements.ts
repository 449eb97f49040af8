/** What a server and its streams must be for the transactional mailbox, and the refusal of those that are not. @module */
import { partitionsIn, type StoreShape, storeStream, type StreamConfig } from "../../../schema/nats.ts";
import { BackendUnusable } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";

/** The API level that came with atomic batches (nats-server 2.12). */
const ATOMIC_LEVEL = 2;

/** Throws BackendRefused for a server without JetStream, or one that knows no atomic batches. */
export async function requireServer(client: NatsClient): Promise<void> {
  const { api } = await client.api<{ api: { level?: number } }>("INFO").catch((error) => {
    throw noJetStream(error);
  });
  const { level = 0 } = api;
  if (level >= ATOMIC_LEVEL) return;
  throw new BackendUnusable(`nats-server ${client.server} is too old: use 2.12 or newer (atomic batches)`);
}

/** Nobody answers on the API's subjects where JetStream is off. */
function noJetStream(error: unknown): unknown {
  const { name = "" } = ((error as Error).cause as Error)?.cause as Error ?? {};
  if (!name.startsWith("NoResponders")) return error;
  const advice = "enable it (a jetstream block in the server's configuration, and for the account)";
  return new BackendUnusable(`The NATS server has no JetStream: ${advice}`, { cause: error });
}

/** Throws BackendRefused for a stream of somebody else under our name. */
export function requireOwnStream(config: StreamConfig, shape: StoreShape): void {
  const wanted = storeStream(shape).subjects;
  if (partitionsIn(config) >= 1 && wanted.every((subject) => config.subjects.includes(subject))) return;
  throw new BackendUnusable(`The stream ${config.name} is there and not ours: choose another name for ours`);
}

/** What the transactional mailbox needs; older servers take the flags and drop them silently: what is echoed counts. */
const NEEDED = ["allow_atomic", "allow_msg_ttl", "allow_direct", "allow_rollup_hdrs"] as const;

/** Throws BackendRefused for a stream that lacks what every write builds upon. */
export function requireFlags(config: StreamConfig, { server }: NatsClient): void {
  const lacking = NEEDED.filter((flag) => !config[flag]);
  if (lacking.length === 0) return;
  const what = `The stream ${config.name} lacks ${lacking.join(", ")} (nats-server ${server})`;
  throw new BackendUnusable(`${what}: see setup --apply`);
}
