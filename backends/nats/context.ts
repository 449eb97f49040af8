/** The collaborators that the rooms of an opened store share; each function takes the ones it needs. @module */
import { Subjects } from "../../schema/nats.ts";
import { partitionOf } from "../../schema/partition.ts";
import type { StoreLost } from "../errors.ts";
import { KeyedMutex } from "../primitives/keyed_mutex.ts";
import type { AvailabilityListener } from "../primitives/retry.ts";
import type { NatsClient } from "./connection/client.ts";
import { CaseHeadCache } from "./log/case_heads.ts";
import { EventKindRegistry } from "./log/event_kinds.ts";
import { NatsLeaseManager } from "./mailbox/leases.ts";
import { LogWatch } from "./setup/lost_store.ts";
import { namesOf, type NatsOptions, requestedStoreOf } from "./setup/options.ts";
import { ensureStreams, type OpenedStore } from "./setup/streams.ts";
import { GroupCommit } from "./stream/group_commit.ts";
import { ServerClock } from "./stream/server_clock.ts";

export interface NatsContext {
  readonly client: NatsClient;
  readonly stream: string;
  readonly subjects: Subjects;
  readonly partitions: number;
  readonly node: string;
  readonly caseHeads: CaseHeadCache;
  readonly eventKinds: EventKindRegistry;
  readonly caseLocks: KeyedMutex;
  readonly writer: GroupCommit;
  readonly clock: ServerClock;
  readonly leases: NatsLeaseManager;
  /** Aborts with the StoreLost once the log is known to be gone, or another one. */
  readonly lost: AbortSignal;
  readonly onAvailabilityChange: AvailabilityListener;
  /** Bounds of a batch. */
  readonly batchSize: number;
  readonly batchBytes: number;
}

/** Two settlements with one output each fit into one atomic batch. */
const BATCH_SIZE = 480;
const BATCH_BYTES = 1_000_000;

export function createContext(
  client: NatsClient,
  options: NatsOptions,
  { partitions, leaseMs }: OpenedStore,
): NatsContext {
  const { stream, prefix } = namesOf(options);
  const { node = crypto.randomUUID(), renewMs = leaseMs / 3 } = options;
  const { batchSize = BATCH_SIZE, batchBytes = BATCH_BYTES, onAvailabilityChange = () => {} } = options;
  const subjects = new Subjects(prefix);
  const clock = new ServerClock(client, stream);
  const notifySubject = subjects.notify();
  const lost = new AbortController();
  const onLost = (error: StoreLost) => lost.abort(error);
  const restore = () => ensureStreams(client, { ...requestedStoreOf(options), leaseMs });
  const writer = new GroupCommit(client);
  const log = new LogWatch(client, stream, writer);
  const shared = { client, stream, partitions, node, leaseMs, renewMs, clock, notifySubject };
  return {
    client,
    stream,
    subjects,
    partitions,
    node,
    caseHeads: new CaseHeadCache(client, stream, subjects, (caseId) => partitionOf(caseId, partitions)),
    eventKinds: new EventKindRegistry(subjects),
    caseLocks: new KeyedMutex(),
    writer,
    clock,
    leases: new NatsLeaseManager({ ...shared, restore, log, onLost }),
    lost: lost.signal,
    onAvailabilityChange,
    batchSize,
    batchBytes,
  };
}
