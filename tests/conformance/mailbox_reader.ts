/** A mailbox as the suite uses it: batches one by one, read as deliveries, settled by hand. @module */
import { assert, assertEquals } from "@std/assert";
import type { Batch } from "../../backends/mailbox/batch.ts";
import type { Mailbox } from "../../backends/mailbox/mailbox.ts";
import { deliveries, type Delivery, type PlannedOutcome, settleBatch } from "./outcomes.ts";
import type { Harness } from "./harness.ts";

/** What a reader needs of the fixture it reads in. */
export interface ReaderContext {
  readonly harness: Harness;
  readonly signal: AbortSignal;
  waitFor<T>(what: string, promise: Promise<T>): Promise<T>;
}

export class MailboxReader {
  readonly #batches: AsyncIterator<Batch>;
  readonly #stop = new AbortController();
  #requested: Promise<IteratorResult<Batch>> | undefined;

  constructor(readonly fixture: ReaderContext, readonly mailbox: Mailbox) {
    const signal = AbortSignal.any([fixture.signal, this.#stop.signal]);
    this.#batches = mailbox.batches(signal)[Symbol.asyncIterator]();
  }

  /** The next batch. */
  async next(): Promise<Batch> {
    const { value, done } = await this.fixture.waitFor("a batch", this.#requestNext());
    this.#requested = undefined;
    assert(!done, "The feed ended instead of giving a batch");
    assertEquals(value.count, deliveries(value).length, "count is the number of lines");
    return value;
  }

  /** The next batch, settled as a worker would that decides this way on each delivery that is not held. */
  async settleNext(decide: (delivery: Delivery) => PlannedOutcome = () => "done"): Promise<Delivery[]> {
    const batch = await this.next();
    await this.mailbox.settle(batch, settleBatch(batch, decide));
    return deliveries(batch);
  }

  /** Plays batches until this many deliveries were seen. */
  async settleMany(count: number, decide?: (delivery: Delivery) => PlannedOutcome): Promise<Delivery[]> {
    const seen: Delivery[] = [];
    while (seen.length < count) seen.push(...await this.settleNext(decide));
    return seen;
  }

  /** Asserts that no batch comes for a while. What comes later is still there for `next`. */
  async assertNoBatch(ms = 100): Promise<void> {
    let came = false;
    const asked = this.#requestNext();
    asked.then(({ done }) => came = !done, () => {});
    await this.fixture.harness.advance(ms);
    assert(!came, "A batch came where none was due");
  }

  /** Waits for the end of the feed. */
  async waitForEnd(): Promise<void> {
    const { done } = await this.fixture.waitFor("the end of the feed", this.#requestNext());
    assert(done, "A batch came instead of the end of the feed");
  }

  /** Aborts the signal under which the feed reads. */
  stop(): void {
    this.#stop.abort();
  }

  #requestNext(): Promise<IteratorResult<Batch>> {
    this.#requested ??= this.#batches.next();
    return this.#requested;
  }
}
