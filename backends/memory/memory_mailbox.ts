/** A mailbox of the memory backend: reads from the checkpoint, settles under its epoch, renews its lease. @module */
import type { Permits } from "../primitives/priority_semaphore.ts";
import { type BatchLimits, BatchSizer } from "../mailbox/batch_size.ts";
import type { Batch } from "../mailbox/batch.ts";
import {
  type CrashedOwner,
  Fenced,
  type HistoryNeed,
  type InFlightMark,
  type Mailbox,
  type Settlement,
} from "../mailbox/mailbox.ts";
import { holds, shouldRelease, type Subscription } from "./lease_table.ts";
import { entryLineOf } from "./event_log.ts";
import type { MemoryStore } from "./memory_store.ts";
import { nextBatch, nextDue } from "./batch_reader.ts";

/** How a mailbox reads and holds on. */
export interface MailboxOptions extends BatchLimits {
  readonly leaseMs: number;
  /** How often the lease is renewed. Infinity: never, as by a process that was stopped. */
  readonly renewMs: number;
}

/** The mailbox of a lease that was just won. */
export class MemoryMailbox implements Mailbox {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  readonly owner: string;
  readonly crashedOwner: CrashedOwner | undefined;
  readonly #batchSizer: BatchSizer;
  #revoked = new AbortController();
  #closed = new AbortController();

  constructor(
    readonly store: MemoryStore,
    readonly subscription: Subscription,
    readonly options: MailboxOptions,
  ) {
    this.#batchSizer = new BatchSizer(options);
    this.processor = subscription.processor;
    this.partition = subscription.partition;
    this.epoch = subscription.epoch;
    this.owner = subscription.owner!;
    this.crashedOwner = subscription.crashedOwner;
    if (Number.isFinite(options.renewMs)) void this.#keepLease();
  }

  get revoked(): AbortSignal {
    return this.#revoked.signal;
  }

  async *batches(signal: AbortSignal, permits?: Permits): AsyncGenerator<Batch> {
    const stop = AbortSignal.any([signal, this.revoked]);
    const { clock, log, arrived } = this.store;
    while (!stop.aborted) {
      const release = await permits?.acquire(stop, this.#batchSizer.isLarge);
      let batch: Batch | null = null;
      try {
        // Asked again, it reads again from the checkpoint: what was not settled is delivered anew.
        if (!stop.aborted) batch = nextBatch(this.subscription, log, clock.now(), this.#batchSizer.limits);
        this.#batchSizer.observe(batch ?? undefined);
        if (batch !== null) yield batch;
      } finally {
        release?.();
      }
      if (batch !== null) continue;
      await arrived[this.partition]!.wait(clock, nextDue(this.subscription) - clock.now(), stop);
    }
  }

  markInFlight(mark: InFlightMark): Promise<void> {
    return Promise.try(() => {
      const { subscription, epoch, processor, partition } = this;
      if (!holds(subscription, epoch)) {
        this.#revoked.abort();
        throw new Fenced(processor, partition, epoch);
      }
      subscription.inFlight = mark;
    });
  }

  settle(batch: Batch, settlement: Settlement): Promise<void> {
    return Promise.try(() => {
      if (!holds(this.subscription, this.epoch)) this.#revoked.abort();
      this.store.settle(this.subscription, this.epoch, batch, settlement);
    });
  }

  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    const wanted = new Set(types);
    const lines = needs.flatMap(({ caseId, after, before }) =>
      (this.store.log.cases.get(caseId) ?? []).slice(after, before - 1)
        .filter(({ type }) => wanted.has(type))
        .map((entry) => entryLineOf(entry, 1, false))
    );
    return Promise.resolve(lines.join("\n"));
  }

  close(): Promise<void> {
    this.#revoked.abort();
    this.#closed.abort();
    this.store.leases.release(this.subscription, this.epoch);
    return Promise.resolve();
  }

  /** Others want a share. Nothing more is read; what is being worked on may be settled until the mailbox is closed. */
  #giveUp(): void {
    this.subscription.isRebalancing = true;
    this.#revoked.abort();
  }

  /** Also a lease that is to be handed over is kept until then: a batch in hand may take longer than a lease runs. */
  async #keepLease(): Promise<void> {
    const { clock, leases } = this.store;
    const { leaseMs, renewMs } = this.options;
    const closed = this.#closed.signal;
    for (;;) {
      await leases.moved.wait(clock, renewMs, closed);
      if (closed.aborted) return;
      const now = clock.now();
      if (!leases.renew(this.subscription, this.epoch, now + leaseMs)) return this.#revoked.abort();
      if (shouldRelease(leases.demand(this.processor, now), this.owner)) this.#giveUp();
    }
  }
}
