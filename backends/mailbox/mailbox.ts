/** The mailbox: the ordered feed of one processor's partition, and the one place where outcomes become durable. @module */
import type { WireEvent } from "../../schema/events.ts";
import type { AppendResult } from "../event_store.ts";
import type { Permits } from "../primitives/priority_semaphore.ts";
import type { Batch } from "./batch.ts";
import type { PassSource } from "./pass.ts";
import type { StoredTimerChange } from "./timer_change.ts";

export type { StoredTimerChange };

/** What went wrong with a delivery. Kept whole in the dead letter; a log gets the class and the ids only. */
export interface Failure {
  /** The error's class: `InvalidEvent`, `DeliveryTimeout`, `WorkerDied`, or the name of what the handler threw. */
  readonly class: string;
  readonly message: string;
  readonly stack?: string;
  /** When, by the clock of the node, as an ISO time. */
  readonly at: string;
}

/** A delivery of a batch that was not simply done. Deliveries that are not named here are done. */
export interface FailedDelivery {
  readonly position: number;
  readonly eventId: string;
  readonly caseId: string;
  /** Which attempt this was, from 1. A held delivery was not attempted and keeps 0. */
  readonly attempt: number;
  readonly outcome:
    | { kind: "retry"; error: Failure; afterMs: number }
    | { kind: "deadLetter"; error: Failure }
    | { kind: "held" };
}

/** What became of a batch. Everything in it becomes durable together, or nothing does. */
export interface Settlement {
  /**
   * Events the handlers emitted, as output lines (`outputLine` in `schema/delivery_line.ts`); empty for none. The version
   * in each is a hint, as far as the worker knows: a backend that uses it must detect events that were added to the
   * case meanwhile.
   */
  readonly outputs: Uint8Array;
  /** How many there are of each type: whose mailboxes to wake. */
  readonly outputTypes: Readonly<Record<string, number>>;
  readonly failures: readonly FailedDelivery[];
  readonly timers: readonly StoredTimerChange[];
}

/** Versions of a case that a worker needs in order to fold its state: after < version < before. */
export interface HistoryNeed {
  readonly caseId: string;
  readonly after: number;
  readonly before: number;
}

/**
 * Deliveries that are about to be handled, by their positions, both inclusive. `exclusive`: there is one, and nothing else
 * is handled in this process meanwhile, so that a death of the process is charged to it.
 */
export interface InFlightMark {
  readonly first: number;
  readonly last: number;
  readonly exclusive: boolean;
}

/** What an owner left behind that never released its lease. It may have died of what it was handling. */
export interface CrashedOwner {
  /** What it was about to handle and did not settle. */
  readonly inFlight?: InFlightMark;
}

/** Of which lease a mailbox is: the same object for all mailboxes under one lease. */
export interface MailboxLease {
  readonly partition: number;
  readonly epoch: number;
}

/** One processor, one partition, one owner: settling is fenced by the epoch under which the lease was acquired. */
export interface Mailbox {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  readonly lease: MailboxLease;
  /**
   * Aborted when the lease has moved, or is to be handed over, or the processor is paused: then nothing more is read. The owner
   * still closes.
   */
  readonly revoked: AbortSignal;
  /** Set when the owner before did not release its lease. */
  readonly crashedOwner: CrashedOwner | undefined;
  /** It was paused under this lease, and may have a backlog of its own. */
  readonly isResumed?: boolean;
  /** Where it can be read and settled together with the others of its partition; undefined where the store has no passes. */
  readonly passes?: PassSource | undefined;
  /**
   * Records durably what is about to be handled, so that it outlives the process. A settle clears it, and so does the
   * release of the lease. For an owner whose process may die of it. Throws Fenced when the lease has moved.
   */
  markInFlight(mark: InFlightMark): Promise<void>;
  /**
   * The next batches, in order. Nothing is read until the consumer asks, and the next batch is read only after the
   * last one was settled (or given back by asking again, which reads it anew). Ends when `signal` or `revoked` aborts.
   * A permit is held from before a batch is read until the next one is asked for; a mailbox that waits for events holds
   * none.
   */
  batches(signal: AbortSignal, permits?: Permits): AsyncIterable<Batch>;
  /**
   * Makes the outcomes durable: outputs, timers, parked deliveries, dead letters and checkpoint together.
   * Settling the same batch twice changes nothing. Throws Fenced when the lease has moved, and SettlementRefused when it holds
   * what can't be stored: then nothing of it is.
   */
  settle(batch: Batch, settlement: Settlement): Promise<void>;
  /** Events of the given types for the states a worker lacks, as delivery lines by case and version. */
  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string>;
  /** Gives the mailbox back, and with the last one under its lease the lease. Legal at any time, and twice. */
  close(): Promise<void>;
}

/** The lease has moved: the owner under this epoch may not settle any more. */
export class Fenced extends Error {
  override name = "Fenced";
  constructor(readonly processor: string, readonly partition: number, readonly epoch: number) {
    super(`Fenced: ${processor} partition ${partition} is no longer held under epoch ${epoch}`);
  }
}

/** A processor as a backend sees it: whose mailboxes to give out. */
export interface ProcessorSpec {
  readonly name: string;
  readonly version: number;
  readonly takes: readonly string[];
  /** Where it begins if it is added to a store with history: "now" (the default), "beginning", or an ISO time. */
  readonly begins?: string;
}

/** Where mailboxes come from: all that a supervisor needs of a backend. */
export interface MailboxSource {
  readonly name: string;
  /**
   * The secret of the store, by which its outputs get ids that nobody else can foresee. It is for workers alone: never shown,
   * logged or reported. Throws as any reading, and BackendUnusable where the role may not read it.
   */
  secret(): Promise<string>;
  /**
   * Says which processors this program has, before it asks for any of their mailboxes: where they begin is settled for all of
   * them together. On a store where no processor has come anywhere yet, all begin at the beginning; one that is added later where it
   * says. Who leaves it out begins at the beginning. Throws RangeError for a beginning that is none.
   */
  register?(processors: readonly ProcessorSpec[]): Promise<void>;
  /**
   * Mailboxes of a processor, as their leases are acquired; ends when the signal aborts. A mailbox given out lives on
   * until its consumer closes it, which it does also when the lease is revoked. Where others keep the lease meanwhile, who asks
   * again is given it again, under the same epoch.
   */
  mailboxes(processor: ProcessorSpec, signal: AbortSignal): AsyncIterable<Mailbox>;
  /**
   * Stores what the runtime itself made for other cases than the one that it was made in, in the given order: it was allowed when it
   * was made, and no producer's grants are asked. Ids that are stored already with the same content are duplicates. Throws as
   * `EventStore.append`, and NotAllowed for an account that does not own the store.
   */
  forward(events: readonly WireEvent[]): Promise<AppendResult>;
}
