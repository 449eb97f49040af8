/**
 * The secret of a store on JetStream: one message in a stream of its own, so that permissions can keep it from whoever only
 * reads. It is the first message that counts, and nobody can remove it or put another before it.
 * @module
 */
import { delay } from "@std/async/delay";
import { headers } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../errors.ts";
import { newSecret } from "../../../schema/ids.ts";
import { storeStream, type StreamSettings } from "../../../schema/nats.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { Conflict, isNotFound } from "../connection/errors.ts";

interface SecretStore {
  readonly stream: string;
  readonly replicas: number;
}

/** The stream of the secret. */
export function secretName(stream: string): string {
  return `KV_${stream}_secret`;
}

/** The subject of the secret. */
function secretSubject(stream: string): string {
  return `$KV.${stream}_secret.ids`;
}

/** The secret; where there is none yet, it is made. Nodes that start at once agree on one. */
export async function storeSecret(client: NatsClient, store: SecretStore): Promise<string> {
  const { stream } = store;
  const known = await readSecret(client, stream);
  if (known !== undefined) return known;
  await makeStream(client, store);
  await written(() => writeSecret(client, stream));
  return (await readSecret(client, stream))!;
}

/** How often, and at what interval, a new stream of a cluster is asked that has no leader yet. */
const LEADER_TRIES = 30;
const LEADER_INTERVAL_MS = 100;

async function written(write: () => Promise<void>): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof BackendUnavailable) || tries === LEADER_TRIES) throw error;
    }
    await delay(LEADER_INTERVAL_MS);
  }
}

async function readSecret(client: NatsClient, stream: string): Promise<string | undefined> {
  try {
    const found = await client.manage(({ streams }) => streams.getMessage(secretName(stream), { seq: 1 }));
    return found === null ? undefined : found.string();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function makeStream(client: NatsClient, store: SecretStore): Promise<void> {
  const { stream, replicas } = store;
  const settings: StreamSettings & { readonly deny_delete: boolean } = {
    ...storeStream({ stream, replicas, prefix: stream, partitions: 1 }),
    name: secretName(stream),
    subjects: [secretSubject(stream)],
    allow_atomic: false,
    allow_rollup_hdrs: false,
    allow_msg_ttl: false,
    // The general ways to read a stream reach it only by its name, which readers lack.
    allow_direct: false,
    deny_delete: true,
    deny_purge: true,
    metadata: {},
  };
  // A stream that another node has just made is as wanted: the server takes the same settings twice.
  await client.manage(({ streams }) => streams.add(settings));
}

/** Writes it where there is none: of two nodes, the second finds the first one's. */
async function writeSecret(client: NatsClient, stream: string): Promise<void> {
  const onlyFirst = headers();
  onlyFirst.set("Nats-Expected-Last-Subject-Sequence", "0");
  try {
    parseAnswer(await client.request(secretSubject(stream), newSecret(), onlyFirst));
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}
