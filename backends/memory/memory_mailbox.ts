/** A mailbox of the memory backend: reads from the checkpoint, settles under its epoch, renews its lease. @module */
import type { Entrance } from "../gate.ts";
import { type BatchLimits, Portion } from "../portion.ts";
import {
  type Abandoned,
  type Batch,
  Fenced,
  type HistoryNeed,
  type Mailbox,
  type Settlement,
  type Trial,
} from "../mailbox.ts";
import { holds, shouldYield, type Subscription } from "./lease_table.ts";
import { lineOf } from "./log.ts";
import type { MemoryStore } from "./memory_store.ts";
import { nextBatch, nextDue } from "./reading.ts";

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
  readonly abandoned: Abandoned | undefined;
  readonly #portion: Portion;
  #lost = new AbortController();
  #closed = new AbortController();

  constructor(
    readonly store: MemoryStore,
    readonly subscription: Subscription,
    readonly options: MailboxOptions,
  ) {
    this.#portion = new Portion(options);
    this.processor = subscription.processor;
    this.partition = subscription.partition;
    this.epoch = subscription.epoch;
    this.owner = subscription.owner!;
    this.abandoned = subscription.abandoned;
    if (Number.isFinite(options.renewMs)) void this.#keepLease();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async *batches(signal: AbortSignal, gate?: Entrance): AsyncGenerator<Batch> {
    const stop = AbortSignal.any([signal, this.lost]);
    const { clock, log, news } = this.store;
    while (!stop.aborted) {
      const leave = await gate?.enter(stop, this.#portion.isWhole);
      let batch: Batch | null = null;
      try {
        // Asked again, it reads again from the checkpoint: what was not settled is delivered anew.
        if (!stop.aborted) batch = nextBatch(this.subscription, log, clock.now(), this.#portion.limits);
        this.#portion.took(batch ?? undefined);
        if (batch !== null) yield batch;
      } finally {
        leave?.();
      }
      if (batch !== null) continue;
      await news[this.partition]!.pause(clock, nextDue(this.subscription) - clock.now(), stop);
    }
  }

  begin(trial: Trial): Promise<void> {
    return Promise.try(() => {
      const { subscription, epoch, processor, partition } = this;
      if (!holds(subscription, epoch)) {
        this.#lost.abort();
        throw new Fenced(processor, partition, epoch);
      }
      subscription.trial = trial;
    });
  }

  settle(batch: Batch, settlement: Settlement): Promise<void> {
    return Promise.try(() => {
      if (!holds(this.subscription, this.epoch)) this.#lost.abort();
      this.store.settle(this.subscription, this.epoch, batch, settlement);
    });
  }

  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    const wanted = new Set(types);
    const lines = needs.flatMap(({ caseId, after, before }) =>
      (this.store.log.cases.get(caseId) ?? []).slice(after, before - 1)
        .filter(({ type }) => wanted.has(type))
        .map((entry) => lineOf(entry, 1, false))
    );
    return Promise.resolve(lines.join("\n"));
  }

  close(): Promise<void> {
    this.#lost.abort();
    this.#closed.abort();
    this.store.leases.release(this.subscription, this.epoch);
    return Promise.resolve();
  }

  /** Others want a share. Nothing more is read; what is being worked on may be settled until the mailbox is closed. */
  #giveUp(): void {
    this.subscription.yielding = true;
    this.#lost.abort();
  }

  /** Also a lease that is to be handed over is kept until then: a batch in hand may take longer than a lease runs. */
  async #keepLease(): Promise<void> {
    const { clock, leases } = this.store;
    const { leaseMs, renewMs } = this.options;
    const closed = this.#closed.signal;
    for (;;) {
      await leases.moved.pause(clock, renewMs, closed);
      if (closed.aborted) return;
      const now = clock.now();
      if (!leases.renew(this.subscription, this.epoch, now + leaseMs)) return this.#lost.abort();
      if (shouldYield(leases.demand(this.processor, now), this.owner)) this.#giveUp();
    }
  }
}
