/** A mailbox on JetStream: an ordered reader from the checkpoint on, and one atomic batch for each settlement. @module */
import { BackendUnavailable } from "../../errors.ts";
import { type Batch, linesOf } from "../../mailbox/batch.ts";
import {
  type CrashedOwner,
  Fenced,
  type HistoryNeed,
  type InFlightMark,
  type Mailbox,
  type MailboxLease,
  type Settlement,
} from "../../mailbox/mailbox.ts";
import { WakeSignal } from "../../primitives/wake_signal.ts";
import type { Permits } from "../../primitives/priority_semaphore.ts";
import { encodeLines } from "../../../schema/delivery_line.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";
import { retryWhileUnavailable } from "../../primitives/retry.ts";
import { BatchSizer } from "../../mailbox/batch_size.ts";
import { freshLines, readHistories, redeliveryLines } from "./batch_lines.ts";
import { Conflict } from "../connection/errors.ts";
import { type Backlog, OrderedReader } from "../stream/ordered_reader.ts";
import { FencedCheckpoint } from "./checkpoint.ts";
import type { Lease } from "./leases.ts";
import { ParkedCases } from "./parked_cases.ts";
import type { NatsContext } from "../context.ts";
import { nextDue } from "../../settlement/parked_case.ts";
import { lineHead } from "../../settlement/plan.ts";
import { splitSettlement } from "./split_settlement.ts";
import { writeSettlement } from "./write_settlement.ts";

/** The bytes of a pull, in batches: the server counts subjects and headers too. */
const PULL_SLACK = 2;
const LEAST_PULL_BYTES = 4_096;
/** Fetches at least this often: the consumer that would wake the mailbox may have been lost with its server. */
const POLL_MS = 5_000;
/** The delay before a settlement is planned again after a conflict, times the number of tries. */
const AFTER_CONFLICT_MS = 5;

export class NatsMailbox implements Mailbox {
  readonly wakeSignal = new WakeSignal();
  readonly #context: NatsContext;
  readonly #lease: Lease;
  readonly #checkpoint: FencedCheckpoint;
  readonly #reader: OrderedReader;
  readonly #parked: ParkedCases;
  readonly #batchSizer: BatchSizer;
  readonly #closing = new AbortController();
  /** Aborts when it closes, or the store is lost: nothing waits for the server any more. */
  readonly #ended: AbortSignal;
  readonly #onClose: () => void;
  readonly epoch: number;
  readonly lease: MailboxLease;
  /** The parked cases may have been changed by another process. */
  #isParkedStale = true;
  /** The outcome of the last write is unknown. */
  #isOutcomeUnknown = false;

  private constructor(
    context: NatsContext,
    lease: Lease,
    fence: FencedCheckpoint,
    onClose: () => void,
  ) {
    const { client, stream, subjects } = context;
    const { processor, partition } = lease;
    const { takes, checkpoint, epoch } = fence.current;
    this.#context = context;
    this.#ended = AbortSignal.any([this.#closing.signal, context.lost]);
    this.#batchSizer = new BatchSizer(context);
    this.#lease = lease;
    this.#checkpoint = fence;
    this.epoch = epoch;
    this.lease = { partition, epoch };
    this.#onClose = onClose;
    this.#parked = new ParkedCases(client, stream, subjects, processor, partition);
    const filters = takes.map((type) => subjects.feed(partition, type));
    this.#reader = new OrderedReader({
      client,
      stream,
      filters,
      after: checkpoint,
      wakeSignal: this.wakeSignal,
    });
  }

  /** Takes the mailbox over under a new epoch. */
  static async open(context: NatsContext, lease: Lease, takes: readonly string[], onClose: () => void) {
    const { processor, partition } = lease;
    const owner = context.node;
    const fence = await FencedCheckpoint.takeOver({ ...context, processor, partition, owner, takes });
    return new NatsMailbox(context, lease, fence, onClose);
  }

  get processor(): string {
    return this.#lease.processor;
  }
  get partition(): number {
    return this.#lease.partition;
  }
  get revoked(): AbortSignal {
    return this.#lease.revoked.signal;
  }

  get crashedOwner(): CrashedOwner | undefined {
    return this.#checkpoint.crashedOwner;
  }

  /** Called when the parked cases of this mailbox were changed by another process. */
  onParkedChanged(): void {
    this.#isParkedStale = true;
    this.wakeSignal.notify();
  }

  /** The backlog behind a checkpoint that was read before; undefined when only the server knows it. */
  async backlogBehind(checkpoint: number): Promise<Backlog | undefined> {
    const waiting = await this.#reader.backlog();
    // A delivery settled since then counts as waiting: its outputs may be in a mailbox that was counted before this one.
    const isSettledSince = this.#checkpoint.current.checkpoint > checkpoint;
    return waiting && { ...waiting, count: Math.max(waiting.count, isSettledSince ? 1 : 0) };
  }

  async *batches(signal: AbortSignal, permits?: Permits): AsyncGenerator<Batch> {
    const ended = AbortSignal.any([signal, this.revoked]);
    while (!ended.aborted) {
      const release = await permits?.acquire(ended, this.#batchSizer.isLarge);
      let batch: Batch | undefined;
      try {
        this.wakeSignal.reset();
        batch = await this.#fetch(ended);
        this.#batchSizer.observe(batch);
        if (ended.aborted) return;
        if (batch !== undefined) yield batch;
      } finally {
        release?.();
      }
      if (batch === undefined) await this.#wait(ended);
    }
  }

  async #wait(ended: AbortSignal): Promise<void> {
    const dueMs = nextDue(Array.from(this.#parked.all, ({ waiting }) => waiting)) - this.#context.clock.now();
    await this.wakeSignal.wait(ended, Math.max(0, Math.min(dueMs, POLL_MS)));
  }

  async #fetch(ended: AbortSignal): Promise<Batch | undefined> {
    if (ended.aborted) return undefined;
    try {
      return await retryWhileUnavailable(() => this.#next(), ended, this.#context.onAvailabilityChange);
    } catch (error) {
      if (error instanceof Fenced) this.#lease.revoked.abort();
      if (ended.aborted) return undefined;
      throw error;
    }
  }

  async #next(): Promise<Batch | undefined> {
    const { limits } = this.#batchSizer;
    if (this.#isOutcomeUnknown) await this.#refresh();
    if (this.#isParkedStale) await this.#reloadParked();
    const { checkpoint } = this.#checkpoint.current;
    const due = await redeliveryLines(this.#context, this.#parked.all, limits);
    if (due.length > 0) {
      const lines = encodeLines(due);
      return { kind: "redelivery", lines, count: due.length, from: checkpoint, to: checkpoint };
    }
    this.#reader.dropUpTo(checkpoint);
    if (!this.#reader.isCaughtUp) {
      await this.#reader.fill(limits.batchSize, Math.max(LEAST_PULL_BYTES, PULL_SLACK * limits.batchBytes));
    }
    const { rawMessages } = this.#reader;
    const { lines, count } = freshLines(
      this.#context.caseHeads,
      rawMessages,
      (caseId) => this.#parked.has(caseId),
      limits,
    );
    if (count > 0) {
      return { kind: "fresh", lines, count, from: checkpoint, to: rawMessages[count - 1]!.position };
    }
    await this.#reader.requestWakeUp();
    return undefined;
  }

  async #refresh(): Promise<void> {
    await this.#checkpoint.refresh();
    await this.#reloadParked();
    this.#isOutcomeUnknown = false;
  }

  async #reloadParked(): Promise<void> {
    this.#isParkedStale = false;
    try {
      await this.#parked.load();
    } catch (error) {
      this.#isParkedStale = true;
      throw error;
    }
  }

  /** Retries until the server answers: a settlement that was written before is recognised, and changes nothing. */
  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    for (const [slice, itsSettlement] of splitSettlement(batch, settlement)) {
      await retryWhileUnavailable(
        () => this.#settle(slice, itsSettlement),
        this.#ended,
        this.#context.onAvailabilityChange,
      );
    }
    if (batch.kind === "fresh") this.#reader.dropUpTo(this.#checkpoint.current.checkpoint);
  }

  async #settle(batch: Batch, settlement: Settlement): Promise<void> {
    for (let tries = 0;; tries++) {
      try {
        if (this.#isOutcomeUnknown) await this.#refreshCases(batch);
        const context = {
          ...this.#context,
          fence: this.#checkpoint,
          parked: this.#parked,
          processor: this.processor,
        };
        return await writeSettlement(context, batch, settlement);
      } catch (error) {
        if (error instanceof Fenced) this.#lease.revoked.abort();
        this.#isOutcomeUnknown ||= error instanceof Conflict || error instanceof BackendUnavailable;
        if (!(error instanceof Conflict)) throw error;
        await delayOrAbort(AFTER_CONFLICT_MS * tries, this.#ended);
        if (this.#ended.aborted) throw new BackendUnavailable("The mailbox is closed");
      }
    }
  }

  async #refreshCases(batch: Batch): Promise<void> {
    await this.#refresh();
    await this.#context.caseHeads.refresh([...new Set(linesOf(batch).map((line) => lineHead(line).caseId))]);
  }

  /** Retries until the server answers: writing the mark twice changes nothing. */
  async markInFlight(mark: InFlightMark): Promise<void> {
    await retryWhileUnavailable(
      () => this.#markInFlight(mark),
      this.#ended,
      this.#context.onAvailabilityChange,
    );
  }

  async #markInFlight(inFlight: InFlightMark): Promise<void> {
    try {
      if (this.#isOutcomeUnknown) await this.#refresh();
      await this.#checkpoint.write({ inFlight }, []);
    } catch (error) {
      if (error instanceof Fenced) this.#lease.revoked.abort();
      this.#isOutcomeUnknown ||= error instanceof Conflict || error instanceof BackendUnavailable;
      if (!(error instanceof Conflict)) throw error;
      return await this.#markInFlight(inFlight);
    }
  }

  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    return retryWhileUnavailable(
      () => readHistories(this.#context, needs, types),
      this.#ended,
      this.#context.onAvailabilityChange,
    );
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#lease.revoked.abort();
    await this.#reader.close();
    // The checkpoint then shows no owner; the write fails where another owner has taken over.
    await this.#checkpoint.write({ owner: null, inFlight: null }, []).catch(() => {});
    await this.#context.leases.release(this.#lease);
    this.#onClose();
  }
}
