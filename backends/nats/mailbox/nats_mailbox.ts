/** A mailbox on JetStream: a feed from the checkpoint, and one atomic batch to settle. @module */
import { BackendUnavailable } from "../../errors.ts";
import { type Batch, linesOf } from "../../mailbox/batch.ts";
import {
  type CrashedOwner,
  Fenced,
  type HistoryNeed,
  type InFlightMark,
  type Mailbox,
  type Settlement,
} from "../../mailbox/mailbox.ts";
import { WakeSignal } from "../../primitives/wake_signal.ts";
import type { Permits } from "../../primitives/priority_semaphore.ts";
import { encodeLines } from "../../../schema/delivery_line.ts";
import { delay, retryWhileUnavailable } from "../../primitives/retry.ts";
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

/** A pull may be larger by this than a batch: the server counts subjects and headers too. */
const PULL_SLACK = 2;
const LEAST_PULL_BYTES = 4_096;
/**
 * Looks this often without being woken: whoever would wake us, the consumer, may have gone with one server of a cluster, and
 * nobody tells.
 */
const POLL_MS = 5_000;
/** Before a settlement that met somebody else's write is worked out anew, in milliseconds. */
const AFTER_CONFLICT_MS = 5;

export class NatsMailbox implements Mailbox {
  readonly wakeSignal = new WakeSignal();
  readonly #context: NatsContext;
  readonly #lease: Lease;
  readonly #checkpoint: FencedCheckpoint;
  readonly #reader: OrderedReader;
  readonly #parked: ParkedCases;
  readonly #batchSizer: BatchSizer;
  /** Aborts when the mailbox closes: a settle that waits for the server then gives up. */
  readonly #closing = new AbortController();
  readonly #onClose: () => void;
  readonly epoch: number;
  /** The parked cases may have been changed by somebody else. */
  #isParkedStale = true;
  /** What became of the last write is unknown. */
  #isOutcomeUnknown = false;

  private constructor(
    context: NatsContext,
    lease: Lease,
    checkpoint_: FencedCheckpoint,
    onClose: () => void,
  ) {
    const { client, stream, subjects } = context;
    const { processor, partition } = lease;
    const { takes, checkpoint, epoch } = checkpoint_.current;
    this.#context = context;
    this.#batchSizer = new BatchSizer(context);
    this.#lease = lease;
    this.#checkpoint = checkpoint_;
    this.epoch = epoch;
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
    const { client, writer, stream, subjects, node: owner } = context;
    const { processor, partition } = lease;
    const checkpoint_ = await FencedCheckpoint.takeOver({
      client,
      writer,
      stream,
      subjects,
      processor,
      partition,
      owner,
      takes,
    });
    return new NatsMailbox(context, lease, checkpoint_, onClose);
  }

  get processor(): string {
    return this.#lease.processor;
  }
  get partition(): number {
    return this.#lease.partition;
  }
  get revoked(): AbortSignal {
    return this.#lease.ended.signal;
  }

  get crashedOwner(): CrashedOwner | undefined {
    return this.#checkpoint.crashedOwner;
  }

  /** Somebody acted on the parked cases of this mailbox. */
  onParkedChanged(): void {
    this.#isParkedStale = true;
    this.wakeSignal.notify();
  }

  /** What waits behind a checkpoint that was read before; undefined when only the server knows. */
  async backlogBehind(checkpoint: number): Promise<Backlog | undefined> {
    const waiting = await this.#reader.backlog();
    // What was settled since then waited then: whoever asks several mailboxes, one after the other, must not miss what
    // went from one to the other meanwhile.
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
      if (error instanceof Fenced) this.#lease.ended.abort();
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

  /** Tried until the server answers: what was settled before is seen as such, and changes nothing. */
  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    for (const [slice, itsSettlement] of splitSettlement(batch, settlement)) {
      await retryWhileUnavailable(
        () => this.#settle(slice, itsSettlement),
        this.#closing.signal,
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
        if (error instanceof Fenced) this.#lease.ended.abort();
        this.#isOutcomeUnknown ||= error instanceof Conflict || error instanceof BackendUnavailable;
        if (!(error instanceof Conflict)) throw error;
        await delay(AFTER_CONFLICT_MS * tries, this.#closing.signal);
        if (this.#closing.signal.aborted) throw new BackendUnavailable("The mailbox is closed");
      }
    }
  }

  async #refreshCases(batch: Batch): Promise<void> {
    await this.#refresh();
    await this.#context.caseHeads.refresh([...new Set(linesOf(batch).map((line) => lineHead(line).caseId))]);
  }

  /** Tried until the server answers: writing it twice changes nothing. */
  async markInFlight(mark: InFlightMark): Promise<void> {
    await retryWhileUnavailable(
      () => this.#markInFlight(mark),
      this.#closing.signal,
      this.#context.onAvailabilityChange,
    );
  }

  async #markInFlight(inFlight: InFlightMark): Promise<void> {
    try {
      if (this.#isOutcomeUnknown) await this.#refresh();
      await this.#checkpoint.write({ inFlight }, []);
    } catch (error) {
      if (error instanceof Fenced) this.#lease.ended.abort();
      this.#isOutcomeUnknown ||= error instanceof Conflict || error instanceof BackendUnavailable;
      if (!(error instanceof Conflict)) throw error;
      return await this.#markInFlight(inFlight);
    }
  }

  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    return retryWhileUnavailable(
      () => readHistories(this.#context, needs, types),
      this.#closing.signal,
      this.#context.onAvailabilityChange,
    );
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#lease.ended.abort();
    await this.#reader.close();
    // Whoever looks then sees that nobody has it; a stale owner is fenced here too.
    await this.#checkpoint.write({ owner: null, inFlight: null }, []).catch(() => {});
    await this.#context.leases.release(this.#lease);
    this.#onClose();
  }
}
