/** Requirements on a server and its streams, and the errors for those that do not meet them. @module */
import type { StreamConfig } from "@nats-io/jetstream";
import { BackendUnusable } from "../../errors.ts";
import type { StreamSettings } from "../../../schema/nats.ts";
import { servesProgram } from "../../primitives/store_version.ts";
import type { NatsClient } from "../connection/client.ts";
import { isLog, LAYOUT, layoutOf } from "./layout.ts";

/** The API level that came with atomic batches (nats-server 2.12). */
const ATOMIC_LEVEL = 2;

/** Throws BackendUnusable for a server without JetStream, or one without atomic batches. */
export async function requireServer(client: NatsClient): Promise<void> {
  const { api } = await client.manage((manager) => manager.getAccountInfo()).catch((error) => {
    throw noJetStream(error);
  });
  const { level = 0 } = api;
  if (level >= ATOMIC_LEVEL) return;
  throw new BackendUnusable(`nats-server ${client.server} is too old: use 2.12 or newer (atomic batches)`);
}

/** Without JetStream no server answers on the API's subjects. */
function noJetStream(error: unknown): unknown {
  const { name = "" } = ((error as Error).cause as Error)?.cause as Error ?? {};
  if (!name.startsWith("NoResponders")) return error;
  const advice = "enable it (a jetstream block in the server's configuration, and for the account)";
  return new BackendUnusable(`The NATS server has no JetStream: ${advice}`, { cause: error });
}

/** Throws BackendUnusable for a stream of this name that is another program's, and for one of a store with another layout. */
export function requireOwnStream(found: StreamConfig, wanted: StreamSettings): void {
  const { name, subjects, mirror } = found;
  if (mirror !== undefined) {
    const remedy = "nodes work on the store itself, until mirror promote makes one of it";
    throw new BackendUnusable(`The stream ${name} is a mirror of another place: ${remedy}`);
  }
  if (isLog(wanted)) {
    if (!isLog(found)) {
      throw new BackendUnusable(`The stream ${name} is there and not ours: choose another name for ours`);
    }
    requireServed(found);
  }
  const areSame = subjects.length === wanted.subjects.length;
  if (areSame && wanted.subjects.every((subject) => subjects.includes(subject))) return;
  throw earlierStore(name);
}

/** The error for a stream of a store that this program can't work with, and does not convert. */
export function earlierStore(stream: string): BackendUnusable {
  const remedy = "use another account or server, or remove the store's streams with all they hold";
  return new BackendUnusable(`The stream ${stream} is of a store of an earlier version: ${remedy}`);
}

function requireServed(found: StreamConfig): void {
  const layout = layoutOf(found);
  if (layout.version <= LAYOUT.version || servesProgram(layout, LAYOUT.version)) return;
  const versions = `is at version ${layout.version}, this program knows ${LAYOUT.version}`;
  throw new BackendUnusable(`The stream ${found.name} ${versions}: use a newer zaakstroom`);
}

/** Throws BackendUnusable for a stream that lacks one of these flags; the configuration that the server returns counts. */
export function requireFlags(
  config: StreamConfig,
  needed: readonly (keyof StreamConfig)[],
  { server }: NatsClient,
): void {
  const lacking = needed.filter((flag) => !config[flag]);
  if (lacking.length === 0) return;
  const what = `The stream ${config.name} lacks ${lacking.join(", ")} (nats-server ${server})`;
  throw new BackendUnusable(`${what}: see setup --apply`);
}
