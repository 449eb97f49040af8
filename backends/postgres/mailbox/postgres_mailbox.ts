/** A mailbox on PostgreSQL: one question to read a batch, one to settle it, and many mailboxes ask together. @module */
import {
  type Batch,
  type CrashedOwner,
  Fenced,
  type HistoryNeed,
  type InFlightMark,
  type Mailbox,
  type Settlement,
} from "../../mailbox/mailbox.ts";
import { WakeSignal } from "../../primitives/wake_signal.ts";
import type { Permits } from "../../primitives/priority_semaphore.ts";
import { type AvailabilityListener, retryWhileUnavailable } from "../../primitives/retry.ts";
import { type BatchLimits, BatchSizer } from "../../mailbox/batch_size.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Lease, LeaseKeeper } from "./leases.ts";
import type { Fetch, FetchResult } from "./fetch.ts";
import { Settler } from "./settle.ts";
import type { SettleGroup } from "./settle_group.ts";
import type { IdleMailbox, Notifier } from "./notifier.ts";

/** What the mailboxes of one backend share. */
export interface MailboxContext {
  client: PostgresClient;
  leases: LeaseKeeper;
  notifier: Notifier;
  onAvailabilityChange: AvailabilityListener;
  limits: BatchLimits;
  fetch: Fetch;
  settleGroup: SettleGroup;
}

export class PostgresMailbox implements Mailbox, IdleMailbox {
  readonly wakeSignal = new WakeSignal();
  checkpoint = 0;
  readonly #context: MailboxContext;
  readonly #lease: Lease;
  readonly #settler: Settler;
  readonly #batchSizer: BatchSizer;
  #isIdle = false;
  #delivered: { readonly pulled: FetchResult; readonly leave: () => void } | undefined;
  #permits: Permits | undefined;
  /** What the last settlement came to: up to where, and whether all since the last pull were simply done. */
  #settled = { to: 0, plain: true };

  constructor(context: MailboxContext, lease: Lease, readonly types: readonly string[]) {
    this.#context = context;
    this.#lease = lease;
    this.#batchSizer = new BatchSizer(context.limits);
    this.#settler = new Settler(context.client, context.settleGroup);
    context.notifier.add(this);
  }

  get processor(): string {
    return this.#lease.processor;
  }
  get partition(): number {
    return this.#lease.partition;
  }
  get epoch(): number {
    return this.#lease.epoch;
  }
  get revoked(): AbortSignal {
    return this.#lease.ended.signal;
  }
  get crashedOwner(): CrashedOwner | undefined {
    return this.#lease.crashedOwner;
  }

  async *batches(signal: AbortSignal, permits?: Permits): AsyncGenerator<Batch> {
    this.#permits = permits;
    try {
      yield* this.#batches(AbortSignal.any([signal, this.revoked]));
    } finally {
      this.#takeDelivered()?.leave();
    }
  }

  async *#batches(ended: AbortSignal): AsyncGenerator<Batch> {
    while (!ended.aborted) {
      const handed = this.#takeDelivered();
      const release = handed?.leave ?? await this.#permits?.acquire(ended, this.#batchSizer.isLarge);
      let fetched = handed?.pulled;
      try {
        fetched ??= await this.#fetch(ended);
        if (fetched === undefined) return;
        if (fetched.kind === "fenced") return this.#lease.ended.abort();
        this.checkpoint = fetched.read_from;
        this.#settled = { to: fetched.read_from, plain: true };
        if (fetched.kind !== "empty") yield toBatch(fetched, fetched.kind);
      } finally {
        release?.();
      }
      const isDone = this.#isDrained(fetched);
      this.#batchSizer.observe(fetched.kind === "empty" ? undefined : fetched);
      if (isDone) await this.#waitIdle(ended, fetched.next_due_ms ?? undefined);
    }
  }

  async #waitIdle(signal: AbortSignal, timeoutMs?: number): Promise<void> {
    this.#isIdle = true;
    await this.wakeSignal.wait(signal, timeoutMs);
    this.#isIdle = false;
  }

  /** True while whatever comes next is news: a bell that has rung tells of something that it may be handed without. */
  get isIdle(): boolean {
    return this.#isIdle && !this.wakeSignal.isNotified;
  }

  /** Whatever is read is inside of the gate before it is read: so this comes before it may be handed something. */
  tryReserve(): (() => void) | undefined {
    if (!this.isIdle) return undefined;
    return this.#permits === undefined ? () => {} : this.#permits.tryAcquire(this.#batchSizer.isLarge);
  }

  /**
   * Its next batch, which was read together with a settlement. What rings the bell from then on came later, so it stays
   * rung until that is looked for.
   */
  deliver(fetched: FetchResult, release: () => void): void {
    const isAsleep = this.isIdle;
    this.wakeSignal.notify();
    if (!isAsleep) return release();
    this.#isIdle = false;
    this.#delivered = { pulled: fetched, leave: release };
    this.wakeSignal.reset();
  }

  #takeDelivered() {
    const handed = this.#delivered;
    this.#delivered = undefined;
    return handed;
  }

  /**
   * Nothing is left that was there when it was pulled: then only the bell tells of more. At low rates every other pull
   * would find nothing. (What may have been left behind all the same, the poll finds.)
   */
  #isDrained({ kind, count, lines, read_to }: FetchResult): boolean {
    if (kind !== "fresh") return kind === "empty";
    return this.#batchSizer.isDrained({ count, lines }) && this.#settled.to === read_to &&
      this.#settled.plain;
  }

  /** How much it wants to be given now. */
  get limits(): BatchLimits {
    return this.#batchSizer.limits;
  }

  /** What it finds; undefined once the signal has aborted. */
  async #fetch(signal: AbortSignal): Promise<FetchResult | undefined> {
    if (signal.aborted) return undefined;
    this.wakeSignal.reset();
    const { fetch, onAvailabilityChange } = this.#context;
    try {
      return await retryWhileUnavailable(() => fetch(this), signal, onAvailabilityChange);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** Tried until the database answers: settling twice changes nothing, so an unknown outcome is simply asked again. */
  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    const { onAvailabilityChange, notifier, leases } = this.#context;
    const once = () => this.#settler.settle({ owner: this.#lease, batch, settlement });
    const { verdict, alreadyNotified } = await retryWhileUnavailable(
      once,
      this.#closing.signal,
      onAvailabilityChange,
    );
    if (verdict === "fenced") this.#fenced();
    const plain = this.#settled.plain && settlement.failures.length === 0;
    this.#settled = { to: batch.to, plain };
    this.checkpoint = Math.max(this.checkpoint, batch.to);
    notifier.notify(
      [this.partition],
      Object.keys(settlement.outputTypes),
      leases.othersAlive,
      alreadyNotified,
    );
  }

  async markInFlight(mark: InFlightMark): Promise<void> {
    const { client, onAvailabilityChange } = this.#context;
    const [row] = await retryWhileUnavailable(
      () =>
        client.run((sql) =>
          sql<[{ begun: boolean }]>`
          select zaakstroom.mark_in_flight(${this.processor}, ${this.partition}::smallint, ${this.epoch}::bigint,
            ${JSON.stringify(mark)}::text::json) as begun`
        ),
      this.#closing.signal,
      onAvailabilityChange,
    );
    if (!row.begun) this.#fenced();
  }

  #fenced(): never {
    this.#lease.ended.abort();
    throw new Fenced(this.processor, this.partition, this.epoch);
  }

  /** Aborts when the mailbox closes: a settle that waits for the database then gives up. */
  readonly #closing = new AbortController();

  async histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    const { client, onAvailabilityChange } = this.#context;
    const [row] = await retryWhileUnavailable(
      () =>
        client.run((sql) =>
          sql<[{ lines: string | null }]>`
          select zaakstroom.histories(${JSON.stringify(needs)}::text::json, ${`{${
            types.join(",")
          }}`}::text[]) as lines`
        ),
      this.#closing.signal,
      onAvailabilityChange,
    );
    return row.lines ?? "";
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#context.notifier.remove(this);
    await this.#context.leases.release(this.#lease);
  }
}

function toBatch(fetched: FetchResult, kind: Batch["kind"]): Batch {
  const { lines, count } = fetched;
  return { kind, lines, count, from: fetched.read_from, to: fetched.read_to };
}
