/** What the parts of one backend share. @module */
import type { Subjects } from "../../schema/nats.ts";
import type { AvailabilityListener } from "../patience.ts";
import type { CaseHeadCache } from "./case_book.ts";
import type { NatsClient } from "./client.ts";
import type { EventKindRegistry } from "./kinds.ts";
import type { LeaseKeeper } from "./leases.ts";
import type { ServerClock } from "./store_clock.ts";
import type { KeyedMutex } from "./turns.ts";
import type { Writer } from "./writer.ts";

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
