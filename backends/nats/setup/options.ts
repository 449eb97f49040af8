/** The store that options ask for, and setting it up by itself. @module */
import { DEFAULT_PARTITIONS } from "../../../schema/partition.ts";
import { BackendUnusable } from "../../errors.ts";
import { NatsClient } from "../connection/client.ts";
import type { NatsOptions } from "../nats_backend.ts";
import { ensureStreams, type OpenedStore, type WantedStore } from "./streams.ts";

const NAME = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * Creates the streams that are missing, and with `apply` changes those that are not as this program wants them. Returns
 * what was created, and how the others differ, or differed. Throws as `openNats`.
 */
export async function setUpNats(options: NatsOptions, apply: boolean): Promise<OpenedStore> {
  const wanted = wantedStoreOf(options);
  const client = await NatsClient.open(options);
  try {
    return await ensureStreams(client, wanted, apply);
  } finally {
    await client.close();
  }
}

export function namesOf({ stream = "CASES", prefix = stream.toLowerCase() }: NatsOptions) {
  return { stream, prefix };
}

export function wantedStoreOf(options: NatsOptions): WantedStore {
  const { stream, prefix } = namesOf(options);
  if (!NAME.test(stream) || !NAME.test(prefix)) {
    throw new BackendUnusable("A stream and its prefix are named with letters, digits, - and _, 32 at most");
  }
  const { partitions = DEFAULT_PARTITIONS, replicas, leaseMs } = options;
  return { stream, prefix, partitions, replicas, leaseMs };
}
