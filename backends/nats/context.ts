/** What the parts of one backend share. @module */
import type { Subjects } from "../../schema/nats.ts";
import type { AvailabilityListener } from "../primitives/retry.ts";
import type { CaseHeadCache } from "./log/case_heads.ts";
import type { NatsClient } from "./connection/client.ts";
import type { EventKindRegistry } from "./log/event_kinds.ts";
import type { LeaseKeeper } from "./mailbox/leases.ts";
import type { ServerClock } from "./stream/server_clock.ts";
import type { KeyedMutex } from "../primitives/keyed_mutex.ts";
import type { Writer } from "./stream/group_commit.ts";

export interface NatsContext {
  readonly client: NatsClient;
  readonly stream: string;
  readonly subjects: Subjects;
  readonly partitions: number;
  readonly node: string;
  readonly caseHeads: CaseHeadCache;
  readonly eventKinds: EventKindRegistry;
  readonly caseLocks: KeyedMutex;
  readonly writer: Writer;
  readonly clock: ServerClock;
  readonly leases: LeaseKeeper;
  readonly onAvailabilityChange: AvailabilityListener;
  /** Bounds of a batch. */
  readonly batchSize: number;
  readonly batchBytes: number;
}
