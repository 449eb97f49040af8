/** The mailbox: the ordered feed of one processor's partition, and the one place where outcomes become durable. @module */
import { decodeLines, encodeLines } from "../../schema/delivery_line.ts";
import type { Permits } from "../primitives/priority_semaphore.ts";

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

/** A change of a durable timer: when it fires, its event is appended to its case. */
export type StoredTimerChange =
  | { kind: "set"; processor: string; caseId: string; name: string; at: string; row: string }
  | { kind: "cancel"; processor: string; caseId: string; name: string };

/** What became of a batch. Everything in it becomes durable together, or nothing does. */
export interface Settlement {
  /**
   * Events the handlers emitted, as output lines (`outputLine` in `schema/delivery_line.ts`); empty for none. The version
   * in each is a hint, as far as the worker knows: a backend that uses it must notice where somebody else has added to
   * the case meanwhile.
   */
  readonly outputs: Uint8Array;
  /** How many there are of each type: whose mailboxes to wake. */
  readonly outputTypes: Readonly<Record<string, number>>;
  readonly failures: readonly FailedDelivery[];
  readonly timers: readonly StoredTimerChange[];
}

/**
 * Deliveries handed over together, as bytes: whoever only passes them on makes no text of them.
 * A `fresh` batch is the next stretch of the feed; a `redelivery` is parked cases whose turn has come.
 */
export interface Batch {
  readonly kind: "fresh" | "redelivery";
  /** Delivery lines (`schema/delivery_line.ts`) in stored order. */
  readonly lines: Uint8Array;
  readonly count: number;
  /** The checkpoint this batch was read behind; of no meaning for a redelivery. */
  readonly from: number;
  /** The checkpoint once it is settled; of no meaning for a redelivery. */
  readonly to: number;
}

/** Versions of a case that a worker needs in order to fold its state: after < version < before. */
export interface HistoryNeed {
  readonly caseId: string;
  readonly after: number;
  readonly before: number;
}

/**
 * Deliveries that are about to be handled, by their positions, both inclusive. `alone`: there is one, and nothing else
 * is handled in this process meanwhile; then whatever the process dies of is this.
 */
export interface InFlightMark {
  readonly first: number;
  readonly last: number;
  readonly exclusive: boolean;
}

/** What an owner left behind that never gave its lease back. It may have died of what it had in hand. */
export interface CrashedOwner {
  /** The trial that it began and did not settle. */
  readonly inFlight?: InFlightMark;
}

/** One processor, one partition, one owner: settling is fenced by the epoch under which the lease was won. */
export interface Mailbox {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  /** Aborted when the lease has moved, or is to be handed over: then nothing more is read. The owner still closes. */
  readonly revoked: AbortSignal;
  /** Set when the owner before did not give its lease back. */
  readonly crashedOwner: CrashedOwner | undefined;
  /**
   * Writes down, durably, what is about to be handled: it outlives the process. A settle clears it, and so does giving
   * the lease back. Only for an owner that has reason to fear for its process. Throws Fenced when the lease has moved.
   */
  markInFlight(mark: InFlightMark): Promise<void>;
  /**
   * The next batches, in order. Nothing is read until the consumer asks, and the next batch is read only after the
   * last one was settled (or given back by asking again, which reads it anew). Ends when `signal` or `lost` aborts.
   * With a gate, a batch is inside from before it is read until the next one is asked for; a mailbox that has nothing
   * to give waits outside.
   */
  batches(signal: AbortSignal, permits?: Permits): AsyncIterable<Batch>;
  /**
   * Makes the outcomes durable: outputs, timers, parked deliveries, dead letters and checkpoint together.
   * Settling the same batch twice changes nothing. Throws Fenced when the lease has moved.
   */
  settle(batch: Batch, settlement: Settlement): Promise<void>;
  /** Events of the given types for the states a worker lacks, as delivery lines by case and version. */
  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string>;
  /** Gives the lease back. Legal at any time, and twice. */
  close(): Promise<void>;
}

/** The lease has moved: whoever holds this mailbox may not settle any more. */
export class Fenced extends Error {
  override name = "Fenced";
  constructor(readonly processor: string, readonly partition: number, readonly epoch: number) {
    super(`Fenced: ${processor} partition ${partition} is no longer held under epoch ${epoch}`);
  }
}

/** The position of a delivery line, without parsing the rest of it. */
export function positionOf(line: string): number {
  return Number.parseInt(line, 10);
}

/** The lines of a batch. */
export function linesOf({ lines }: Pick<Batch, "lines">): string[] {
  return decodeLines(lines);
}

/** The deliveries [start, end) of a batch as a batch of their own, to be settled in order with the other parts. */
export function sliceBatch(batch: Batch, start: number, end: number): Batch {
  const all = linesOf(batch);
  const lines = all.slice(start, end);
  const fresh = batch.kind === "fresh";
  return {
    kind: batch.kind,
    lines: encodeLines(lines),
    count: lines.length,
    from: fresh && start > 0 ? positionOf(all[start - 1]!) : batch.from,
    to: fresh && end < all.length ? positionOf(all[end - 1]!) : batch.to,
  };
}
