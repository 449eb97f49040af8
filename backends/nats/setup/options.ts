/** The options of a JetStream store, and the commands that set one up. @module */
import type { EventNames } from "../../../schema/cloudevents/event_names.ts";
import type { StreamDrift } from "../../../schema/nats.ts";
import { logName } from "../../../schema/nats/log.ts";
import { DEFAULT_PARTITIONS } from "../../../schema/partition.ts";
import { BackendUnusable } from "../../errors.ts";
import type { FanOutOptions, FanOutStart } from "../../fan_out.ts";
import type { PauseListener } from "../../pauses.ts";
import type { RefusalListener } from "../../dead_letters.ts";
import type { TraceAppend } from "../../tracing/tracing.ts";
import type { AvailabilityListener } from "../../primitives/retry.ts";
import { NatsClient } from "../connection/client.ts";
import type { NatsCredentials } from "../connection/credentials.ts";
import { beginNew, startFanOut } from "../fan_out/fan_out_start.ts";
import { ensureEvents } from "./events_stream.ts";
import { storeSecret } from "./secret.ts";
import { ensureStreams, type OpenedStore, type RequestedStore } from "./streams.ts";

export interface NatsOptions {
  /** `nats://host:port`, several separated by commas. */
  url: string;
  /** Credentials; they take precedence over those in the URL. */
  credentials?: NatsCredentials | undefined;
  /**
   * The name of a producer that permissions of NATS bind to this user: the program then asks the owners of partitions, who judge
   * what it may send, and may do nothing else. Left out: a node, or the owner of the store. Only publishers take it.
   */
  producer?: string | undefined;
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
  /** What event types are called in CloudEvents that producers leave. */
  names?: EventNames | undefined;
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
  /** Copies each event to where others read it, in turns with the other nodes that do. Default: not by this node. */
  fanOut?: FanOutOptions | undefined;
  /** The file of the read models of this node. Default: they are in memory, once something is read of them. */
  models?: string | undefined;
  /** Opened by who restores it: that it is not whole yet is known. */
  isRestoring?: boolean;
  /** The clock timers are measured against. Default: the clock of the server. */
  timersAsOf?: () => Date;
}

const NAME = /^[A-Za-z0-9_-]{1,32}$/;

interface FanOutSetup {
  /** The store is to have a stream for the fan-out. */
  readonly hasFanOut?: boolean;
  /** The answer to a fan-out that does not know how far it came. */
  readonly fanOutFrom?: FanOutStart | undefined;
}

/**
 * Creates the missing streams, and with `apply` changes those that differ from the wanted configuration. Returns what was
 * created and the differences, which `apply` has removed. Throws as `openNats`.
 */
export async function setUpNats(
  options: NatsOptions,
  apply: boolean,
  { fanOutFrom, hasFanOut = fanOutFrom !== undefined }: FanOutSetup = {},
): Promise<OpenedStore> {
  const requested = requestedStoreOf(options);
  const client = await NatsClient.open(options);
  try {
    const store = await ensureStreams(client, requested, apply);
    const { stream, prefix } = requested;
    await storeSecret(client, { stream, replicas: store.replicas });
    if (store.created.includes(logName(stream))) await beginNew(client, { stream, prefix });
    if (!hasFanOut) return store;
    const shape = { ...store, replicas: requested.replicas ?? store.replicas, stream, prefix };
    const { created, drift } = await ensureEvents(client, shape, apply);
    if (fanOutFrom !== undefined) await startFanOut(client, shape, fanOutFrom);
    return { ...store, created: [...store.created, ...created], drift: [...store.drift, ...drift] };
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
