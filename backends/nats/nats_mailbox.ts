/** A mailbox on JetStream: a feed from the checkpoint, and one atomic batch to settle. @module */
import { BackendAway } from "../backend.ts";
import { Bell } from "../bell.ts";
import type { Entrance } from "../gate.ts";
import {
  type Abandoned,
  type Batch,
  Fenced,
  type HistoryNeed,
  linesOf,
  type Mailbox,
  type Settlement,
  type Trial,
} from "../mailbox.ts";
import { encodeLines } from "../../schema/stored_event.ts";
import { pause, untilAnswered } from "../patience.ts";
import { Portion } from "../portion.ts";
import { freshLines, histories, redeliveryLines } from "./delivering.ts";
import { Conflict } from "./errors.ts";
import { Feed, type Waiting } from "./feed.ts";
import { Fence } from "./fence.ts";
import type { Lease } from "./leases.ts";
import { ParkedCases } from "./parked_cases.ts";
import type { Parts } from "./parts.ts";
import { lineHead, nextDue, partsOf } from "./settling.ts";
import { settlePart } from "./settle_part.ts";

/** A pull may be larger by this than a batch: the server counts subjects and headers too. */
const PULL_SLACK = 2;
const LEAST_PULL_BYTES = 4_096;
/**
 * Looks this often without being woken: whoever would wake us, the consumer, may have gone with one server of a cluster, and
 * nobody tells.
 */
const LOOK_MS = 5_000;
/** Before a settlement that met somebody else's write is worked out anew, in milliseconds. */
const AFTER_CONFLICT_MS = 5;

export class NatsMailbox implements Mailbox {
  readonly bell = new Bell();
  readonly #parts: Parts;
  readonly #lease: Lease;
  readonly #fence: Fence;
  readonly #feed: Feed;
  readonly #parked: ParkedCases;
  readonly #portion: Portion;
  /** Aborts when the mailbox closes: a settle that waits for the server then gives up. */
  readonly #settling = new AbortController();
  readonly #onClose: () => void;
  readonly epoch: number;
  /** The parked cases may have been changed by somebody else. */
  #stale = true;
  /** What became of the last write is unknown. */
  #unsure = false;

  private constructor(parts: Parts, lease: Lease, fence: Fence, onClose: () => void) {
    const { client, stream, subjects } = parts;
    const { processor, partition } = lease;
    const { takes, checkpoint, epoch } = fence.now;
    this.#parts = parts;
    this.#portion = new Portion(parts);
    this.#lease = lease;
    this.#fence = fence;
    this.epoch = epoch;
    this.#onClose = onClose;
    this.#parked = new ParkedCases(client, stream, subjects, processor, partition);
    const filters = takes.map((type) => subjects.feed(partition, type));
    this.#feed = new Feed({ client, stream, filters, after: checkpoint, bell: this.bell });
  }

  /** Takes the mailbox over under a new epoch. */
  static async open(parts: Parts, lease: Lease, takes: readonly string[], onClose: () => void) {
    const { client, writer, stream, subjects, node: owner } = parts;
    const { processor, partition } = lease;
    const fence = await Fence.take({ client, writer, stream, subjects, processor, partition, owner, takes });
    return new NatsMailbox(parts, lease, fence, onClose);
  }

  get processor(): string {
    return this.#lease.processor;
  }
  get partition(): number {
    return this.#lease.partition;
  }
  get lost(): AbortSignal {
    return this.#lease.ended.signal;
  }

  get abandoned(): Abandoned | undefined {
    return this.#fence.abandoned;
  }

  /** Somebody acted on the parked cases of this mailbox. */
  parkedChanged(): void {
    this.#stale = true;
    this.bell.ring();
  }

  /** What waits behind a checkpoint that was read before; undefined when only the server knows. */
  async waitingBehind(checkpoint: number): Promise<Waiting | undefined> {
    const waiting = await this.#feed.waiting();
    // What was settled since then waited then: whoever asks several mailboxes, one after the other, must not miss what
    // went from one to the other meanwhile.
    const isSettledSince = this.#fence.now.checkpoint > checkpoint;
    return waiting && { ...waiting, count: Math.max(waiting.count, isSettledSince ? 1 : 0) };
  }

  async *batches(signal: AbortSignal, gate?: Entrance): AsyncGenerator<Batch> {
    const ended = AbortSignal.any([signal, this.lost]);
    while (!ended.aborted) {
      const leave = await gate?.enter(ended, this.#portion.isWhole);
      let batch: Batch | undefined;
      try {
        this.bell.reset();
        batch = await this.#pull(ended);
        this.#portion.took(batch);
        if (ended.aborted) return;
        if (batch !== undefined) yield batch;
      } finally {
        leave?.();
      }
      if (batch === undefined) await this.#wait(ended);
    }
  }

  async #wait(ended: AbortSignal): Promise<void> {
    const dueMs = nextDue(this.#parked.all) - this.#parts.clock.now();
    await this.bell.wait(ended, Math.max(0, Math.min(dueMs, LOOK_MS)));
  }

  async #pull(ended: AbortSignal): Promise<Batch | undefined> {
    if (ended.aborted) return undefined;
    try {
      return await untilAnswered(() => this.#next(), ended, this.#parts.onAway);
    } catch (error) {
      if (error instanceof Fenced) this.#lease.ended.abort();
      if (ended.aborted) return undefined;
      throw error;
    }
  }

  async #next(): Promise<Batch | undefined> {
    const { limits } = this.#portion;
    if (this.#unsure) await this.#look();
    if (this.#stale) await this.#reload();
    const { checkpoint } = this.#fence.now;
    const due = await redeliveryLines(this.#parts, this.#parked.all, limits);
    if (due.length > 0) {
      const lines = encodeLines(due);
      return { kind: "redelivery", lines, count: due.length, from: checkpoint, to: checkpoint };
    }
    this.#feed.drop(checkpoint);
    if (!this.#feed.hasAll) {
      await this.#feed.fill(limits.batchSize, Math.max(LEAST_PULL_BYTES, PULL_SLACK * limits.batchBytes));
    }
    const { raw } = this.#feed;
    const { lines, count } = freshLines(this.#parts.book, raw, (caseId) => this.#parked.has(caseId), limits);
    if (count > 0) return { kind: "fresh", lines, count, from: checkpoint, to: raw[count - 1]!.position };
    await this.#feed.arm();
    return undefined;
  }

  async #look(): Promise<void> {
    await this.#fence.look();
    await this.#reload();
    this.#unsure = false;
  }

  async #reload(): Promise<void> {
    this.#stale = false;
    try {
      await this.#parked.load();
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  /** Tried until the server answers: what was settled before is seen as such, and changes nothing. */
  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    for (const [part, its] of partsOf(batch, settlement)) {
      await untilAnswered(() => this.#settle(part, its), this.#settling.signal, this.#parts.onAway);
    }
    if (batch.kind === "fresh") this.#feed.drop(this.#fence.now.checkpoint);
  }

  async #settle(batch: Batch, settlement: Settlement): Promise<void> {
    for (let tries = 0;; tries++) {
      try {
        if (this.#unsure) await this.#lookAgain(batch);
        const parts = { ...this.#parts, fence: this.#fence, parked: this.#parked, processor: this.processor };
        return await settlePart(parts, batch, settlement);
      } catch (error) {
        if (error instanceof Fenced) this.#lease.ended.abort();
        this.#unsure ||= error instanceof Conflict || error instanceof BackendAway;
        if (!(error instanceof Conflict)) throw error;
        await pause(AFTER_CONFLICT_MS * tries, this.#settling.signal);
        if (this.#settling.signal.aborted) throw new BackendAway("The mailbox is closed");
      }
    }
  }

  async #lookAgain(batch: Batch): Promise<void> {
    await this.#look();
    await this.#parts.book.reload([...new Set(linesOf(batch).map((line) => lineHead(line).caseId))]);
  }

  /** Tried until the server answers: writing it twice changes nothing. */
  async begin(trial: Trial): Promise<void> {
    await untilAnswered(() => this.#begin(trial), this.#settling.signal, this.#parts.onAway);
  }

  async #begin(trial: Trial): Promise<void> {
    try {
      if (this.#unsure) await this.#look();
      await this.#fence.write({ trial }, []);
    } catch (error) {
      if (error instanceof Fenced) this.#lease.ended.abort();
      this.#unsure ||= error instanceof Conflict || error instanceof BackendAway;
      if (!(error instanceof Conflict)) throw error;
      return await this.#begin(trial);
    }
  }

  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    return untilAnswered(
      () => histories(this.#parts, needs, types),
      this.#settling.signal,
      this.#parts.onAway,
    );
  }

  async close(): Promise<void> {
    if (this.#settling.signal.aborted) return;
    this.#settling.abort();
    this.#lease.ended.abort();
    await this.#feed.close();
    // Whoever looks then sees that nobody has it; a stale owner is fenced here too.
    await this.#fence.write({ owner: null, trial: null }, []).catch(() => {});
    await this.#parts.leases.release(this.#lease);
    this.#onClose();
  }
}
