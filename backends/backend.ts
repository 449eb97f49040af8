/** A backend: a durable log of cases, leased and fenced mailboxes, and what an operator sees of both. @module */
import type { EventKind } from "../schema/evolution.ts";
import type { AuditEntry, DeadLetters, Inbox, OperatorRecord, ParkedDeliveries } from "./dead_letters.ts";
import type { EventStore } from "./event_store.ts";
import type { FanOut } from "./fan_out.ts";
import type { Health } from "./health.ts";
import type { HashChain } from "./chain/hash_chain.ts";
import type { Measurements } from "./measurements.ts";
import type { MailboxSource } from "./mailbox/mailbox.ts";
import type { RestorationMark } from "./restoration.ts";
import type { Producers } from "./producers.ts";
import type { Rewinds } from "./rewinds.ts";
import type { Pauses } from "./pauses.ts";
import type { ModelStore } from "./projections.ts";
import type { RelayStore } from "./relay/relay_store.ts";

/** What a backend promises. Tests ask this, never the name. */
export interface BackendFeatures {
  /** Acknowledged events survive the end of the process that took them. */
  readonly durable: boolean;
  /** Other processes can compete for its mailboxes. */
  readonly shared: boolean;
  /**
   * What of an append is stored all or none, and in the order of the call: all of it, or what is of one partition. Then all
   * partitions are asked whether anything would be refused before one of them stores, and an append that was interrupted
   * between two of them is completed by the same call.
   */
  readonly atomicAppend: "call" | "partition";
  /** Where an event's id is unique: an id that is stored in another case is refused, or is another event there. */
  readonly ids: "store" | "case";
  /**
   * What a lease is of. `partition`: its holder hosts there every processor it has, under one epoch, and others lease alone what
   * it has not. `processor`: each processor's partition is leased for itself.
   */
  readonly leases: "partition" | "processor";
  /** Keeps read models (`models`). Without, the list of cases is the store's own. */
  readonly readModels: boolean;
  /** What it takes to have the store at several places, and what that gives: in words. */
  readonly geography: string;
}

/** One line of the list of cases (the read model). */
export interface CaseSummary {
  readonly caseId: string;
  readonly version: number;
  /** The type of its latest event. */
  readonly latest: string;
  readonly openedAt: string;
  readonly updatedAt: string;
}

/** Which cases to list. */
export interface ListOptions {
  readonly limit?: number;
  /** Only those whose latest event is of this type. */
  readonly latest?: string;
}

/** What an operator sees and does. */
interface Operations extends RestorationMark {
  readonly deadLetters: DeadLetters;
  readonly parked: ParkedDeliveries;
  /** What could not be taken in, where a backend takes events of producers by itself (the ingest subject, the outbox). */
  readonly inbox?: Inbox;
  /** Who may store what. */
  readonly producers: Producers;
  /** Processors are handed again what they have done. */
  readonly rewinds: Rewinds;
  /** Processors and nodes that take no work. */
  readonly pauses: Pauses;
  /** Copies of the log to others. */
  readonly relays: RelayStore;
  /** Read models of the log, where `features.readModels` says so. */
  readonly models?: ModelStore;
  /** The chain of hashes over the log. */
  readonly chain: HashChain;
  /** Copies events to where others read them, where this node was asked to. */
  readonly fanOut?: FanOut | undefined;
  /** Cases by latest change, newest first: of a store without read models. */
  listCases?(options?: ListOptions): Promise<CaseSummary[]>;
  /** Acts on a case, oldest first. */
  audit(caseId: string): Promise<AuditEntry[]>;
  /** Adds an act that changes nothing stored, such as the reading of personal data. */
  record(act: OperatorRecord): Promise<void>;
  /** The (type, version) pairs ever stored, for the check at start-up. */
  storedKinds(): Promise<EventKind[]>;
  health(): Promise<Health>;
  /** Figures for monitoring. Costs those who write nothing; the first call begins to count. */
  measure(): Promise<Measurements>;
}

/** A durable log of cases. Grow it only when a conformance case demands it. */
export interface Backend extends EventStore, MailboxSource, Operations {
  readonly features: BackendFeatures;
  /** Ends leases and connections. Legal twice. */
  close(): Promise<void>;
}
