/** The mailbox of a lease, over any store: the loop that reads it, its permits, its retries and its fence. @module */
import { createAsyncQueue } from "../primitives/async_queue.ts";
import type { Permits, Release } from "../primitives/priority_semaphore.ts";
import type { Batch } from "./batch.ts";
import { type BatchLimits, BatchSizer } from "./batch_size.ts";
import type { Hosting } from "./lease.ts";
import type { LeaseManager } from "./lease_manager.ts";
import {
  type CrashedOwner,
  Fenced,
  type HistoryNeed,
  type InFlightMark,
  type Mailbox,
  type MailboxLease,
  type ProcessorSpec,
  type Settlement,
} from "./mailbox.ts";
import { CLOSED, type MailboxInput, type MailboxState, transition } from "./mailbox_state.ts";
import type { PassSource } from "./pass.ts";
import type { Fetched, FetchResult, MailboxStore, MailboxSubscriber } from "./mailbox_store.ts";
import { retryUnlessLost, type StoreRetry } from "./store_retry.ts";

/** What the mailboxes of one backend share. */
export interface MailboxContext extends StoreRetry {
  readonly store: MailboxStore;
  readonly leases: LeaseManager;
  readonly limits: BatchLimits;
  /** Undefined where the store has none. */
  readonly passes?: PassSource | undefined;
}

/** PostgreSQL reads all that it is asked for before it knows where a batch ends: of events of 5 MB that many in time. */
const FIRST_BATCH_SIZE = 64;
const UNLIMITED: Permits = { acquire: () => Promise.resolve(() => {}), tryAcquire: () => () => {} };

export class LeasedMailbox implements Mailbox, MailboxSubscriber {
  readonly processor: string;
  readonly types: readonly string[];
  checkpoint = 0;
  readonly #context: MailboxContext;
  readonly #hosting: Hosting;
  readonly #sizer: BatchSizer;
  /** Aborts when the mailbox closes: what waits for the store then gives up. */
  readonly #closing = new AbortController();
  #state: MailboxState = CLOSED;
  /** Aborts when the mailbox is idle no more. */
  #awake = new AbortController();
  #permits = UNLIMITED;

  constructor(context: MailboxContext, hosting: Hosting, { name, takes }: ProcessorSpec) {
    this.#context = context;
    this.#hosting = hosting;
    this.processor = name;
    this.types = takes;
    this.#sizer = new BatchSizer(context.limits, FIRST_BATCH_SIZE);
    context.store.subscribe(this);
  }

  get lease(): MailboxLease {
    return this.#hosting.lease.identity;
  }
  get partition(): number {
    return this.lease.partition;
  }
  get epoch(): number {
    return this.lease.epoch;
  }
  get revoked(): AbortSignal {
    return this.#hosting.revocation.signal;
  }
  get crashedOwner(): CrashedOwner | undefined {
    return this.#hosting.crashedOwner;
  }
  get isResumed(): boolean {
    return this.#hosting.isResumed;
  }
  get passes(): PassSource | undefined {
    return this.#context.passes;
  }
  get limits(): BatchLimits {
    return this.#sizer.limits;
  }
  get isIdle(): boolean {
    return this.#state.kind === "idle";
  }

  async *batches(signal: AbortSignal, permits: Permits = UNLIMITED): AsyncGenerator<Batch> {
    const stop = AbortSignal.any([signal, this.revoked]);
    const wake = () => this.notify();
    stop.addEventListener("abort", wake);
    this.#permits = permits;
    this.#apply({ kind: "open" });
    try {
      while (!stop.aborted) {
        if (this.#state.kind === "processing") {
          yield this.#state.batch;
          this.#finishBatch();
        } else await this.#advance(stop);
      }
    } finally {
      stop.removeEventListener("abort", wake);
      this.#apply({ kind: "close" });
    }
  }

  /** One step of a mailbox whose consumer waits. */
  #advance(stop: AbortSignal): Promise<void> | void {
    switch (this.#state.kind) {
      case "polling":
        return this.#poll(stop);
      case "idle":
        return this.#waitWhileIdle(this.#state.timeoutMs);
      case "delivered":
        return this.#apply({ kind: "take" });
    }
  }

  /** Acquires the permit before the batch is read, so that the bytes in memory never exceed the bound (I6). */
  async #poll(stop: AbortSignal): Promise<void> {
    const permit = await this.#permits.acquire(stop, this.#sizer.isLarge);
    if (permit === undefined) return;
    this.#apply({ kind: "permit", permit });
    if (stop.aborted) return;
    try {
      const fetched = await this.#retrying(() => this.#context.store.fetch(this, this.limits), stop);
      if (fetched.kind === "fenced") return this.#hosting.lease.revoke();
      this.#apply({ kind: "fetched", fetched });
    } catch (error) {
      if (!stop.aborted) throw error;
    }
  }

  async #waitWhileIdle(timeoutMs: number): Promise<void> {
    await this.#context.clock.wait(timeoutMs, this.#awake.signal);
    if (this.isIdle) this.notify();
  }

  #finishBatch(): void {
    if (this.#state.kind !== "processing") return;
    const { batch, fetched } = this.#state;
    const isDrained = fetched.hasMore === undefined ? this.#sizer.isDrained(batch) : !fetched.hasMore;
    this.#sizer.observe(batch);
    this.#apply({ kind: "next", isDrained });
  }

  #apply(input: MailboxInput): void {
    const { state, release } = transition(this.#state, input);
    const wasIdle = this.isIdle;
    this.#state = state;
    if ("fetched" in input) this.#observe(input.fetched);
    if (this.isIdle && !wasIdle) this.#awake = new AbortController();
    // With a reason: an abort without one makes an error, whose stack costs more than the rest of a wait.
    if (wasIdle && !this.isIdle) this.#awake.abort("awake");
    release?.();
    if (this.isIdle && !wasIdle) this.#permits.onIdle?.();
  }

  #observe({ checkpoint, batch }: Fetched): void {
    this.checkpoint = Math.max(this.checkpoint, checkpoint);
    if (batch === undefined) this.#sizer.observe(undefined);
  }

  notify(): void {
    this.#apply({ kind: "notify" });
  }

  tryReserve(): Release | undefined {
    return this.isIdle ? this.#permits.tryAcquire(this.#sizer.isLarge) : undefined;
  }

  deliver(result: FetchResult, permit: Release): void {
    if (result.kind === "fetched") return this.#apply({ kind: "deliver", fetched: result, permit });
    permit();
    this.#hosting.lease.revoke();
  }

  /** Retried until the store answers: settling twice changes nothing, so an unknown outcome is simply asked again. Throws StoreLost. */
  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    const { store } = this.#context;
    const status = await this.#retrying(() => store.commit(this, batch, settlement), this.#closing.signal);
    if (status === "fenced") this.#throwFenced();
    this.checkpoint = Math.max(this.checkpoint, batch.to);
    this.#apply({ kind: "settled", to: batch.to, allDone: settlement.failures.length === 0 });
  }

  async markInFlight(mark: InFlightMark): Promise<void> {
    const { store } = this.#context;
    const status = await this.#retrying(() => store.markInFlight(this, mark), this.#closing.signal);
    if (status === "fenced") this.#throwFenced();
  }

  #throwFenced(): never {
    this.#hosting.lease.revoke();
    throw new Fenced(this.processor, this.partition, this.epoch);
  }

  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    return this.#retrying(() => this.#context.store.histories(needs, types), this.#closing.signal);
  }

  #retrying<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return retryUnlessLost(this.#context, work, signal);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#context.store.unsubscribe(this);
    await this.#context.leases.close(this.#hosting);
  }
}

/** The mailboxes of a processor, as their leases are acquired; those that no consumer takes are closed. */
export async function* acquireMailboxes(
  context: MailboxContext,
  processor: ProcessorSpec,
  signal: AbortSignal,
): AsyncGenerator<Mailbox> {
  const acquired = createAsyncQueue<Mailbox>(signal);
  const { leases } = context;
  leases.subscribe(
    processor.name,
    (hosting) => acquired.push(new LeasedMailbox(context, hosting, processor)),
  );
  try {
    yield* acquired.items();
  } finally {
    leases.unsubscribe(processor.name);
    for (const mailbox of acquired.drain()) await mailbox.close();
  }
}
