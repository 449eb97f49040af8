/**
 * Forwards what cases address to each other: the worker of an ordinary actor, whose effect is an append. A settlement holds one
 * partition, so an event for another case is settled in the case of its sender, and forwarded from there. Whatever dies between
 * the append and the settlement, the next try appends the same id, which changes nothing.
 * @module
 */
import { EventIdConflict } from "../../backends/errors.ts";
import type { MailboxSource } from "../../backends/mailbox/mailbox.ts";
import type { PrioritySemaphore } from "../../backends/primitives/priority_semaphore.ts";
import { InvalidEvent } from "../../schema/codec.ts";
import { decodeLines, type Delivery, parseLine } from "../../schema/delivery_line.ts";
import type { WireEvent } from "../../schema/events.ts";
import { derivedIds } from "../../schema/ids.ts";
import { withMoment } from "../../schema/time/moment.ts";
import { failedAttempt, heldAttempt } from "../worker/failed_attempt.ts";
import type { BatchResult, FailedAttempt } from "../worker/protocol.ts";
import { forwardedEvent } from "./forwarded_event.ts";

/** What became of deliveries so far. */
interface Account {
  readonly failed: FailedAttempt[];
  readonly done: number[];
}

/** Handles the batches of the forwarder's mailboxes, in the thread of the supervisor. */
export class Forwarder {
  readonly #source: Pick<MailboxSource, "forward">;
  readonly #secret: Promise<string>;
  readonly semaphore: (partition: number) => PrioritySemaphore;

  constructor(
    source: Pick<MailboxSource, "forward">,
    secret: Promise<string>,
    semaphore: (partition: number) => PrioritySemaphore,
  ) {
    this.#source = source;
    this.#secret = secret;
    this.semaphore = semaphore;
  }

  /**
   * An event whose id has been taken fails alone. Whatever else the store throws is thrown on, and no attempt is counted: what was
   * small enough to be stored with its sender is small enough for the other case.
   */
  async run({ lines }: { readonly lines: Uint8Array }): Promise<BatchResult> {
    const idOf = derivedIds(await this.#secret);
    const deliveries = decodeLines(lines).map(parseLine);
    const made = deliveries.map((delivery) => eventOrError(delivery, (event) => forwardedEvent(event, idOf)));
    const isWhole = deliveries.every(({ held }) => !held) && made.every((each) => !(each instanceof Error));
    if (isWhole && await this.#forwardAll(made as WireEvent[])) {
      return resultOf({ failed: [], done: deliveries.map(({ recordedAt }) => recordedAt) });
    }
    return resultOf(await this.#oneByOne(deliveries, made));
  }

  /** False where one of them can't be stored. */
  async #forwardAll(events: readonly WireEvent[]): Promise<boolean> {
    try {
      await this.#source.forward(events);
      return true;
    } catch (error) {
      if (!(error instanceof EventIdConflict)) throw error;
      return false;
    }
  }

  /** A case of which one failed goes no further: its later ones wait behind that. */
  async #oneByOne(
    deliveries: readonly Delivery[],
    made: readonly (WireEvent | Error)[],
  ): Promise<Account> {
    const account: Account = { failed: [], done: [] };
    const stopped = new Set<string>();
    for (const [i, delivery] of deliveries.entries()) {
      const caseId = delivery.event.correlation_id;
      if (delivery.held || stopped.has(caseId)) account.failed.push(heldAttempt(delivery));
      else {
        const error = await this.#failureOf(made[i]!);
        if (error === undefined) account.done.push(delivery.recordedAt);
        else account.failed.push(failedAttempt(delivery, error));
        if (error === undefined) continue;
      }
      stopped.add(caseId);
    }
    return account;
  }

  async #failureOf(made: WireEvent | Error): Promise<unknown> {
    if (made instanceof Error) return made;
    try {
      await this.#source.forward([made]);
      return undefined;
    } catch (error) {
      if (!(error instanceof EventIdConflict)) throw error;
      return error;
    }
  }
}

function eventOrError(
  { event, recordedAt, malformed }: Delivery,
  make: (event: WireEvent) => WireEvent,
): WireEvent | Error {
  try {
    if (malformed !== undefined) throw new InvalidEvent([malformed.reason]);
    return make(withMoment(event, recordedAt));
  } catch (error) {
    return error as Error;
  }
}

function resultOf({ failed, done }: Account): BatchResult {
  return {
    ...{ outputs: new Uint8Array(), outputTypes: {}, timers: [], failedAttempts: failed },
    done: done.length === 0 ? {} : { "case.addressed": Float64Array.from(done) },
  };
}
