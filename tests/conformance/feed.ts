/** A mailbox as the suite uses it: batches one by one, read as deliveries, settled by hand. @module */
import { assert, assertEquals } from "@std/assert";
import type { Batch, Mailbox } from "../../backends/mailbox.ts";
import { deliveries, type Delivery, playBatch, type Verdict } from "./outcomes.ts";
import type { World } from "./world.ts";

export class Feed {
  readonly #batches: AsyncIterator<Batch>;
  readonly #stop = new AbortController();
  #asked: Promise<IteratorResult<Batch>> | undefined;

  constructor(readonly world: World, readonly mailbox: Mailbox) {
    const signal = AbortSignal.any([world.signal, this.#stop.signal]);
    this.#batches = mailbox.batches(signal)[Symbol.asyncIterator]();
  }

  /** The next batch. */
  async next(): Promise<Batch> {
    const { value, done } = await this.world.within("a batch", this.#ask());
    this.#asked = undefined;
    assert(!done, "The feed ended instead of giving a batch");
    assertEquals(value.count, deliveries(value).length, "count is the number of lines");
    return value;
  }

  /** The next batch, settled as a worker would that decides this way on each delivery that is not held. */
  async play(decide: (delivery: Delivery) => Verdict = () => "done"): Promise<Delivery[]> {
    const batch = await this.next();
    await this.mailbox.settle(batch, playBatch(batch, decide));
    return deliveries(batch);
  }

  /** Plays batches until this many deliveries were seen. */
  async playMany(count: number, decide?: (delivery: Delivery) => Verdict): Promise<Delivery[]> {
    const seen: Delivery[] = [];
    while (seen.length < count) seen.push(...await this.play(decide));
    return seen;
  }

  /** Asserts that no batch comes for a while. What comes later is still there for `next`. */
  async silence(ms = 100): Promise<void> {
    let came = false;
    const asked = this.#ask();
    asked.then(({ done }) => came = !done, () => {});
    await this.world.harness.advance(ms);
    assert(!came, "A batch came where none was due");
  }

  /** Waits for the end of the feed. */
  async end(): Promise<void> {
    const { done } = await this.world.within("the end of the feed", this.#ask());
    assert(done, "A batch came instead of the end of the feed");
  }

  /** Aborts the signal under which the feed reads. */
  stop(): void {
    this.#stop.abort();
  }

  #ask(): Promise<IteratorResult<Batch>> {
    this.#asked ??= this.#batches.next();
    return this.#asked;
  }
}
