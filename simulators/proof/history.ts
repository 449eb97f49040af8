/**
 * The history of a run, of chaos or of the simulation: what was asked, what was answered, what the runtime showed, and
 * what is stored in the end. The checker judges nothing else. @module
 */
import type { Backend } from "../../backends/backend.ts";
import type { DeadLetter } from "../../backends/dead_letters.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import type { Conservation } from "./ledger.ts";

/** Attempts that a delivery has in every run: more than the innocent ones can lose to faults. */
export const MAX_ATTEMPTS = 5;

/** How a settle ended; undefined in an attempt whose node died before the answer: then it may have been done or not. */
export type SettleResult = "settled" | "fenced" | "unavailable" | "failed";

/** A delivery that was settled as not done. */
interface DeliveryFailure {
  readonly position: number;
  readonly attempt: number;
  readonly outcome: "retry" | "deadLetter" | "held";
}

/** One call of `settle`, written down before it was made. */
export interface SettleAttempt {
  readonly node: string;
  /** Which process of the node: it changes with every restart. */
  readonly life: string;
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  readonly kind: "fresh" | "redelivery";
  readonly from: number;
  readonly to: number;
  /** Positions of the deliveries, in the order in which they were handled. */
  readonly positions: readonly number[];
  /** Events that were made in the same pass and handled at once: they are stored with it, under these versions, if it is. */
  readonly made: readonly { readonly eventId: string; readonly version: number }[];
  readonly failed: readonly DeliveryFailure[];
  readonly begunAt: number;
  endedAt: number | undefined;
  result: SettleResult | undefined;
}

/** A mailbox that was acquired under an epoch: from now on no earlier epoch may settle. */
export interface LeaseAcquisition {
  readonly node: string;
  readonly life: string;
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  readonly at: number;
}

/** What the runtime makes visible (I8). */
const runtimeEventKinds = [
  "retry",
  "dead_letter",
  "held",
  "fenced",
  "worker_restart",
  "backend_away",
  "backend_back",
  "node_restart",
  "node_start",
  "takeover",
  "recycle",
] as const;
export type RuntimeEventKind = (typeof runtimeEventKinds)[number];

export interface RuntimeEvent {
  readonly node: string;
  readonly life: string;
  readonly what: RuntimeEventKind;
  readonly at: number;
  readonly ids: Readonly<Record<string, string | number>>;
}

/** The most that a node had in flight, and its bounds. */
export interface InFlightPeak {
  readonly node: string;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly batches: number;
  readonly maxBatches: number;
}

/** An event that fails at every attempt. */
export interface PoisonEvent {
  readonly eventId: string;
  /** The class of error that one of its failures must show, where only one can. */
  readonly error?: string | undefined;
}

/** The store at the end. */
interface StoreContents {
  /** By which the ids of effects are checked. */
  readonly secret: string;
  readonly events: readonly StoredEvent[];
  readonly deadLetters: readonly DeadLetter[];
  /** Deliveries that still wait for their next try, or are not settled at all. */
  readonly unsettled: number;
}

/** Reads what is stored in the end. */
export async function readStore(reader: Backend, unsettled: number): Promise<StoreContents> {
  return {
    secret: await reader.secret(),
    events: await Array.fromAsync(reader.readAll()),
    deadLetters: await reader.deadLetters.list({ limit: 10_000 }),
    unsettled,
  };
}

export interface RunHistory {
  readonly accepted: readonly string[];
  /** Ids of events that were sent and never acknowledged: they may be there or not. */
  readonly sent: readonly string[];
  /** Events that no attempt can save: each must end as a dead letter. */
  readonly poison: readonly PoisonEvent[];
  /** Ids of events that fail at first in every worker: when workers die too, they may end as dead letters. */
  readonly flaky: readonly string[];
  readonly attempts: readonly SettleAttempt[];
  readonly leasesAcquired: readonly LeaseAcquisition[];
  readonly observed: readonly RuntimeEvent[];
  readonly inFlight: readonly InFlightPeak[];
  /** Lives in which a worker ended, once for each end that was seen outside the runtime. */
  readonly workerExits: readonly string[];
  /** Ends of nodes that no fault asked for, in words. */
  readonly crashes: readonly string[];
  /** Nodes that were killed from outside: the last of their reports may be missing. */
  readonly killed: readonly string[];
  /** Dead letters that a person redrove, as `processor/position`. */
  readonly redriven: readonly string[];
  readonly stored: StoreContents;
  readonly takes: Readonly<Record<string, readonly string[]>>;
  readonly follows: Conservation;
  readonly maxAttempts: number;
  /** How far the clocks of two reporting processes may differ, in milliseconds. */
  readonly clockSkewMs: number;
}
