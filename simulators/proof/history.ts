/**
 * The history of a run: what was asked, what was answered, what was told and what is stored in the end. Everything the
 * checker judges is in it, and nothing in it is taken from the runtime's own ledger. @module
 */
import type { DeadLetter } from "../../backends/dead_letters.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";

/** How a settle ended; undefined in an attempt whose node died before it heard: then it may have been done or not. */
export type SettleResult = "settled" | "fenced" | "unavailable" | "failed";

/** What was reported of a delivery that was not simply done. */
export interface DeliveryFailure {
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
  readonly failed: readonly DeliveryFailure[];
  readonly begunAt: number;
  endedAt: number | undefined;
  result: SettleResult | undefined;
}

/** A mailbox that was won under an epoch: from now on no earlier epoch may settle. */
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

/** How much a node had in hand at most, and what was the bound. */
export interface InFlightPeak {
  readonly node: string;
  readonly bytes: number;
  readonly bound: number;
}

/** The store at the end. */
interface StoreContents {
  readonly events: readonly StoredEvent[];
  readonly deadLetters: readonly DeadLetter[];
  /** Deliveries that still wait for their next try, or are not settled at all. */
  readonly unsettled: number;
}

export interface RunHistory {
  /** Ids of events whose append was acknowledged. */
  readonly accepted: readonly string[];
  /** Ids of events that were sent and never acknowledged: they may be there or not. */
  readonly sent: readonly string[];
  /** Ids of events that no try can save: each must end as a dead letter. */
  readonly poison: readonly string[];
  /** Ids of events that fail twice in every worker that tries them: when workers die too, they may end as dead letters. */
  readonly flaky: readonly string[];
  readonly attempts: readonly SettleAttempt[];
  readonly leasesAcquired: readonly LeaseAcquisition[];
  readonly observed: readonly RuntimeEvent[];
  readonly inFlight: readonly InFlightPeak[];
  /** Ends of nodes that nobody asked for, in words. */
  readonly crashes: readonly string[];
  /** Processes that were killed: what they had to tell may be missing. */
  readonly killed: readonly string[];
  readonly stored: StoreContents;
  /** Which types each processor takes. */
  readonly takes: Readonly<Record<string, readonly string[]>>;
  readonly maxAttempts: number;
}
