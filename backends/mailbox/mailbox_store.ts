/** The port by which mailboxes reach a store: what a store must do, with everything that is policy left to the mailbox. @module */
import type { Release } from "../primitives/priority_semaphore.ts";
import type { Batch } from "./batch.ts";
import type { BatchLimits } from "./batch_size.ts";
import type { HistoryNeed, InFlightMark, Settlement } from "./mailbox.ts";
import type { PassStore } from "./pass.ts";

/** In whose name a store reads and settles: one processor's partition, fenced by the epoch of its lease. */
export interface MailboxOwner {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  /** The types that the processor takes. */
  readonly types: readonly string[];
}

/** What a mailbox has to give. */
export interface Fetched {
  readonly kind: "fetched";
  /** Undefined when nothing is there. */
  readonly batch: Batch | undefined;
  readonly checkpoint: number;
  /** Until the next parked delivery is due, in milliseconds; Infinity when none waits for a time. */
  readonly nextDueMs: number;
  /** Whether a fresh batch left deliveries behind, where the store knows; otherwise its size decides. */
  readonly hasMore?: boolean;
}

/** `fenced`: the lease has moved. */
export type FetchResult = Fetched | { readonly kind: "fenced" };

/** `already`: this batch was settled before, and nothing was changed. */
export type SettleStatus = "settled" | "already" | "fenced";

/** A mailbox as its store sees it. While it is idle a store may hand it its next batch, read with another's settlement. */
export interface MailboxSubscriber extends MailboxOwner {
  /** How much it wants to be given next. */
  readonly limits: BatchLimits;
  /** How far it has settled, as far as it knows. */
  readonly checkpoint: number;
  readonly isIdle: boolean;
  /** There may be something to fetch. Spurious calls are harmless. */
  notify(): void;
  /** A permit for a batch that is about to be read for it; undefined when it is not idle, or would have to wait for one. */
  tryReserve(): Release | undefined;
  /** Hands over what was read under the permit. A mailbox that is not idle any more gives it back and fetches for itself. */
  deliver(result: FetchResult, release: Release): void;
}

/** Every method throws BackendUnavailable when the outcome is unknown, after which it may be called again. */
export interface MailboxStore {
  /** Left out by a store without passes. */
  readonly passes?: PassStore;
  fetch(owner: MailboxOwner, limits: BatchLimits): Promise<FetchResult>;
  /** Makes a settlement durable, all or nothing. The same batch committed twice changes nothing the second time. */
  commit(owner: MailboxOwner, batch: Batch, settlement: Settlement): Promise<SettleStatus>;
  markInFlight(owner: MailboxOwner, mark: InFlightMark): Promise<"marked" | "fenced">;
  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string>;
  /** From now on the subscriber is notified of what comes for it. */
  subscribe(subscriber: MailboxSubscriber): void;
  unsubscribe(subscriber: MailboxSubscriber): void;
}
