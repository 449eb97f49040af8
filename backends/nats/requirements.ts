/** What a server and its streams must be for the transactional mailbox, and the refusal of those that are not. @module */
import { partitionsIn, type StoreShape, storeStream, type StreamConfig } from "../../schema/nats.ts";
import { BackendRefused } from "../backend.ts";
import type { NatsClient } from "./client.ts";
import { ATOMIC_LEVEL, type Shortfall, shortfallOf } from "./weaker/shortfall.ts";

/**
 * The level of the server's API. Throws BackendRefused for a server without JetStream, and, unless `allowWeaker`, for one that
 * knows no atomic batches.
 */
export async function requireServer(client: NatsClient, allowWeaker: boolean): Promise<number> {
  const { api } = await client.api<{ api: { level?: number } }>("INFO").catch((error) => {
    throw noJetStream(error);
  });
  const { level = 0 } = api;
  if (level >= ATOMIC_LEVEL || allowWeaker) return level;
  throw new BackendRefused(
    `nats-server ${client.server} is too old: use 2.12 or newer (atomic batches), or --allow-weaker`,
  );
}

/** Nobody answers on the API's subjects where JetStream is off. */
function noJetStream(error: unknown): unknown {
  const { name = "" } = ((error as Error).cause as Error)?.cause as Error ?? {};
  if (!name.startsWith("NoResponders")) return error;
  const advice = "enable it (a jetstream block in the server's configuration, and for the account)";
  return new BackendRefused(`The NATS server has no JetStream: ${advice}`, { cause: error });
}

/** Throws BackendRefused for a stream of somebody else under our name. */
export function requireOurs(config: StreamConfig, shape: StoreShape): void {
  const wanted = storeStream(shape).subjects;
  if (partitionsIn(config) >= 1 && wanted.every((subject) => config.subjects.includes(subject))) return;
  throw new BackendRefused(`The stream ${config.name} is there and not ours: choose another name for ours`);
}

/** What the transactional mailbox needs; older servers take the flags and drop them silently: what is echoed counts. */
const BATCHES = ["allow_atomic", "allow_msg_ttl"] as const;
const ALWAYS = ["allow_direct", "allow_rollup_hdrs"] as const;

/**
 * What a store has to do without; undefined where it lacks nothing. Throws BackendRefused where that is not allowed, or too
 * much.
 */
export function requireFlags(
  config: StreamConfig,
  { server }: NatsClient,
  level: number,
  allowWeaker: boolean,
): Shortfall | undefined {
  const lacking = [...BATCHES, ...ALWAYS].filter((flag) => !config[flag]);
  if (lacking.length === 0) return undefined;
  const told = `the stream ${config.name} lacks ${lacking.join(", ")} (nats-server ${server})`;
  if (allowWeaker && ALWAYS.every((flag) => config[flag])) {
    const isOld = level < ATOMIC_LEVEL;
    return shortfallOf(level, config, isOld ? `nats-server ${server} knows no atomic batches` : told);
  }
  const advice = allowWeaker ? "see setup --apply" : "see setup --apply, or --allow-weaker";
  throw new BackendRefused(`T${told.slice(1)}: ${advice}`);
}
