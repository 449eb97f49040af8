/** The options of a JetStream store, and the commands that set one up. @module */
import type { StreamDrift } from "../../../schema/nats.ts";
import { DEFAULT_PARTITIONS } from "../../../schema/partition.ts";
import { BackendUnusable } from "../../errors.ts";
import type { PauseListener } from "../../pauses.ts";
import type { RefusalListener } from "../../dead_letters.ts";
import type { TraceAppend } from "../../tracing/tracing.ts";
import type { AvailabilityListener } from "../../primitives/retry.ts";
import { NatsClient } from "../connection/client.ts";
import type { NatsCredentials } from "../connection/credentials.ts";
import { storeSecret } from "./secret.ts";
import { ensureStreams, type OpenedStore, type RequestedStore } from "./streams.ts";

export interface NatsOptions {
  /** `nats://host:port`, several separated by commas. */
  url: string;
  /** Credentials; they take precedence over those in the URL. */
  credentials?: NatsCredentials | undefined;
  /** The name of this node; a node that returns under its name takes its own leases at once. Default: a new one. */
  node?: string;
  /** Partitions of a *new* store; an existing one keeps its own. Default 16. */
  partitions?: number | undefined;
  /** Servers that hold each message of a *new* store. Default 1; `setUpNats` can change it for one that exists. */
  replicas?: number;
  /** How long a lease of a *new* store lasts without renewal. Default 5,000; with replicas 15,000. */
  leaseMs?: number;
  /** The time between two renewals. Default: a third of the lease. */
  renewMs?: number;
  /** The most deliveries and characters of a batch. Default 480 and 1,000,000. */
  batchSize?: number;
  batchBytes?: number;
  /** Called when the server becomes unavailable and when it is available again. */
  onAvailabilityChange?: AvailabilityListener;
  /** Called for each message of the ingest subject that is refused. */
  onInputRefused?: RefusalListener | undefined;
  onPauseChange?: PauseListener | undefined;
  /** Runs the appends of ingested messages, where traces are exported. */
  traceAppend?: TraceAppend | undefined;
  /** The stream. Default `CASES`. */
  stream?: string;
  /** The first token of its subjects. Default: the stream's name in small letters. */
  prefix?: string;
  /** Called when streams are not configured as this program would configure them; they are used as they are. */
  onDrift?: (drift: readonly StreamDrift[]) => void;
  /** True when the server is known to sync every write, which it does not report. */
  syncAlways?: boolean;
  /** A request without an answer for this long fails as unavailable. Default 5,000. */
  deadlineMs?: number;
  /** The clock timers are measured against. Default: the clock of the server. */
  timersAsOf?: () => Date;
}

const NAME = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * Creates the missing streams, and with `apply` changes those that differ from the wanted configuration. Returns what was
 * created and the differences, which `apply` has removed. Throws as `openNats`.
 */
export async function setUpNats(options: NatsOptions, apply: boolean): Promise<OpenedStore> {
  const requested = requestedStoreOf(options);
  const client = await NatsClient.open(options);
  try {
    const store = await ensureStreams(client, requested, apply);
    await storeSecret(client, { stream: requested.stream, replicas: store.replicas });
    return store;
  } finally {
    await client.close();
  }
}

export function namesOf({ stream = "CASES", prefix = stream.toLowerCase() }: NatsOptions) {
  return { stream, prefix };
}

export function requestedStoreOf(options: NatsOptions): RequestedStore {
  const { stream, prefix } = namesOf(options);
  if (!NAME.test(stream) || !NAME.test(prefix)) {
    throw new BackendUnusable("A stream and its prefix are named with letters, digits, - and _, 32 at most");
  }
  const { partitions = DEFAULT_PARTITIONS, replicas, leaseMs } = options;
  return { stream, prefix, partitions, replicas, leaseMs };
}
