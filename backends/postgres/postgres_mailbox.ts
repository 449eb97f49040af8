/** A mailbox on PostgreSQL: one question to read a batch, one to settle it, and many mailboxes ask together. @module */
import {
  type Abandoned,
  type Batch,
  Fenced,
  type HistoryNeed,
  type Mailbox,
  type Settlement,
  type Trial,
} from "../mailbox.ts";
import { Bell } from "../bell.ts";
import type { Entrance } from "../gate.ts";
import { type AwayListener, untilAnswered } from "../patience.ts";
import { type BatchLimits, Portion } from "../portion.ts";
import type { PostgresClient } from "./client.ts";
import type { Lease, LeaseKeeper } from "./leases.ts";
import type { Pulled, Puller } from "./puller.ts";
import { Settler } from "./settler.ts";
import type { SettleTogether } from "./settling_together.ts";
import type { Sleeper, Wakes } from "./wakes.ts";

/** What the mailboxes of one backend share. */
export interface MailboxParts {
  client: PostgresClient;
  leases: LeaseKeeper;
  wakes: Wakes;
  onAway: AwayListener;
  limits: BatchLimits;
  pull: Puller;
  together: SettleTogether;
}

export class PostgresMailbox implements Mailbox, Sleeper {
  readonly bell = new Bell();
  checkpoint = 0;
  readonly #parts: MailboxParts;
  readonly #lease: Lease;
  readonly #settler: Settler;
  readonly #portion: Portion;
  #isAsleep = false;
  #handed: { readonly pulled: Pulled; readonly leave: () => void } | undefined;
  #gate: Entrance | undefined;
  /** What the last settlement came to: up to where, and whether all since the last pull were simply done. */
  #settled = { to: 0, plain: true };

  constructor(parts: MailboxParts, lease: Lease, readonly types: readonly string[]) {
    this.#parts = parts;
    this.#lease = lease;
    this.#portion = new Portion(parts.limits);
    this.#settler = new Settler(parts.client, parts.together);
    parts.wakes.add(this);
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
  get lost(): AbortSignal {
    return this.#lease.ended.signal;
  }
  get abandoned(): Abandoned | undefined {
    return this.#lease.abandoned;
  }

  async *batches(signal: AbortSignal, gate?: Entrance): AsyncGenerator<Batch> {
    this.#gate = gate;
    try {
      yield* this.#batches(AbortSignal.any([signal, this.lost]));
    } finally {
      this.#takeHanded()?.leave();
    }
  }

  async *#batches(ended: AbortSignal): AsyncGenerator<Batch> {
    while (!ended.aborted) {
      const handed = this.#takeHanded();
      const leave = handed?.leave ?? await this.#gate?.enter(ended, this.#portion.isWhole);
      let pulled = handed?.pulled;
      try {
        pulled ??= await this.#pull(ended);
        if (pulled === undefined) return;
        if (pulled.kind === "fenced") return this.#lease.ended.abort();
        this.checkpoint = pulled.read_from;
        this.#settled = { to: pulled.read_from, plain: true };
        if (pulled.kind !== "empty") yield toBatch(pulled, pulled.kind);
      } finally {
        leave?.();
      }
      const isDone = this.#isDone(pulled);
      this.#portion.took(pulled.kind === "empty" ? undefined : pulled);
      if (isDone) await this.#sleep(ended, pulled.next_due_ms ?? undefined);
    }
  }

  async #sleep(signal: AbortSignal, timeoutMs?: number): Promise<void> {
    this.#isAsleep = true;
    await this.bell.wait(signal, timeoutMs);
    this.#isAsleep = false;
  }

  /** True while whatever comes next is news: a bell that has rung tells of something that it may be handed without. */
  get isAsleep(): boolean {
    return this.#isAsleep && !this.bell.isRung;
  }

  /** Whatever is read is inside of the gate before it is read: so this comes before it may be handed something. */
  reserve(): (() => void) | undefined {
    if (!this.isAsleep) return undefined;
    return this.#gate === undefined ? () => {} : this.#gate.enterNow(this.#portion.isWhole);
  }

  /**
   * Its next batch, which was read together with a settlement. What rings the bell from then on came later, so it stays
   * rung until that is looked for.
   */
  hand(pulled: Pulled, leave: () => void): void {
    const isAsleep = this.isAsleep;
    this.bell.ring();
    if (!isAsleep) return leave();
    this.#isAsleep = false;
    this.#handed = { pulled, leave };
    this.bell.reset();
  }

  #takeHanded() {
    const handed = this.#handed;
    this.#handed = undefined;
    return handed;
  }

  /**
   * Nothing is left that was there when it was pulled: then only the bell tells of more. At low rates every other pull
   * would find nothing. (What may have been left behind all the same, the poll finds.)
   */
  #isDone({ kind, count, lines, read_to }: Pulled): boolean {
    if (kind !== "fresh") return kind === "empty";
    return this.#portion.isAll({ count, lines }) && this.#settled.to === read_to && this.#settled.plain;
  }

  /** How much it wants to be given now. */
  get limits(): BatchLimits {
    return this.#portion.limits;
  }

  /** What it finds; undefined once the signal has aborted. */
  async #pull(signal: AbortSignal): Promise<Pulled | undefined> {
    if (signal.aborted) return undefined;
    this.bell.reset();
    const { pull, onAway } = this.#parts;
    try {
      return await untilAnswered(() => pull(this), signal, onAway);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** Tried until the database answers: settling twice changes nothing, so an unknown outcome is simply asked again. */
  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    const { onAway, wakes, leases } = this.#parts;
    const once = () => this.#settler.settle({ owner: this.#lease, batch, settlement });
    const { verdict, told } = await untilAnswered(once, this.#settling.signal, onAway);
    if (verdict === "fenced") this.#fenced();
    const plain = this.#settled.plain && settlement.exceptions.length === 0;
    this.#settled = { to: batch.to, plain };
    this.checkpoint = Math.max(this.checkpoint, batch.to);
    wakes.announce([this.partition], Object.keys(settlement.outputTypes), leases.othersAlive, told);
  }

  async begin(trial: Trial): Promise<void> {
    const { client, onAway } = this.#parts;
    const [row] = await untilAnswered(
      () =>
        client.run((sql) =>
          sql<[{ begun: boolean }]>`
          select zaakstroom.mark_in_flight(${this.processor}, ${this.partition}::smallint, ${this.epoch}::bigint,
            ${JSON.stringify(trial)}::text::json) as begun`
        ),
      this.#settling.signal,
      onAway,
    );
    if (!row.begun) this.#fenced();
  }

  #fenced(): never {
    this.#lease.ended.abort();
    throw new Fenced(this.processor, this.partition, this.epoch);
  }

  /** Aborts when the mailbox closes: a settle that waits for the database then gives up. */
  readonly #settling = new AbortController();

  async histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    const { client, onAway } = this.#parts;
    const [row] = await untilAnswered(
      () =>
        client.run((sql) =>
          sql<[{ lines: string | null }]>`
          select zaakstroom.histories(${JSON.stringify(needs)}::text::json, ${`{${
            types.join(",")
          }}`}::text[]) as lines`
        ),
      this.#settling.signal,
      onAway,
    );
    return row.lines ?? "";
  }

  async close(): Promise<void> {
    this.#settling.abort();
    this.#parts.wakes.remove(this);
    await this.#parts.leases.release(this.#lease);
  }
}

function toBatch(pulled: Pulled, kind: Batch["kind"]): Batch {
  const { lines, count } = pulled;
  return { kind, lines, count, from: pulled.read_from, to: pulled.read_to };
}
