/**
 * The actor of one mailbox: takes its batches in order, has a worker handle each, settles the result, and only then asks
 * for the next. It holds no state of cases; what it remembers is which deliveries crash (`failures/quarantine.ts`).
 * @module
 */
import { BackendUnavailable, SettlementRefused } from "../backends/errors.ts";
import { type Batch, linesOf, positionOf } from "../backends/mailbox/batch.ts";
import { type FailedDelivery, Fenced, type Mailbox } from "../backends/mailbox/mailbox.ts";
import type { Permits } from "../backends/primitives/priority_semaphore.ts";
import { retryWhileUnusable } from "../backends/primitives/retry.ts";
import type { SharedLock } from "../backends/primitives/shared_lock.ts";
import type { PassSpan, Tracing } from "../backends/tracing/tracing.ts";
import { parseLine } from "../schema/delivery_line.ts";
import { crashResult, NODE_DIED } from "./failures/crash_result.ts";
import { outcomeOf } from "./failures/failure_outcome.ts";
import type { FailurePolicy } from "./failures/failure_policy.ts";
import { inFlightMarkOf, Quarantine, type Slice } from "./failures/quarantine.ts";
import { holdCases } from "./failures/split_batch.ts";
import { type Observer, reportAvailability } from "./observer.ts";
import type { SequencedMailbox } from "./passes/sequenced_mailbox.ts";
import { WorkerDied } from "./pool/worker_handle.ts";
import type { WorkerPool } from "./pool/worker_pool.ts";
import type { BatchResult } from "./worker/protocol.ts";

/** What the actors of one processor share. */
export interface ActorContext {
  /** Who handles batches. */
  readonly pool: Pick<WorkerPool, "run" | "semaphore">;
  /**
   * The processor's place in the life of a case. Among actors that wait for a permit the highest goes first, so that a
   * case is finished while its states are still cached, before the next one begins.
   */
  readonly priority: number;
  /** Shared by all actors of the process, so that one of them can be certain that nothing else runs. */
  readonly lock: SharedLock;
  readonly observer: Observer;
  readonly policy: FailurePolicy;
  /** undefined where nobody exports traces. */
  readonly tracing?: Tracing | undefined;
  readonly now: () => Date;
  readonly random: () => number;
  /** A place in the passes of a mailbox's partition. Undefined where there are none: it then always works for itself. */
  readonly joinPasses?:
    | ((mailbox: Mailbox, isCleared: () => boolean) => SequencedMailbox | undefined)
    | undefined;
}

export class MailboxActor {
  readonly #mailbox: Mailbox;
  readonly #context: ActorContext;
  readonly #quarantine: Quarantine;

  constructor(mailbox: Mailbox, context: ActorContext) {
    this.#mailbox = mailbox;
    this.#context = context;
    this.#quarantine = new Quarantine(mailbox.crashedOwner);
  }

  /** Works until the signal aborts or the lease is revoked, then releases the lease. Rejects only with a bug. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, this.#mailbox.revoked]);
    const { observer } = this.#context;
    const member = this.#context.joinPasses?.(this.#mailbox, () => this.#quarantine.isCleared);
    const work = member === undefined
      ? () => this.#takeBatches(signal)
      : () => this.#alternate(member, ended, signal);
    try {
      // After a settlement with an unknown outcome the batch is read again from the checkpoint, unless it was settled.
      await retryWhileUnusable(work, ended, reportAvailability(observer));
    } catch (error) {
      this.#onFailure(error);
    } finally {
      await member?.leave();
      await this.#close();
    }
  }

  /** Between its turns it goes in passes together with the other processors of its partition. */
  async #alternate(member: SequencedMailbox, ended: AbortSignal, signal: AbortSignal): Promise<void> {
    for (let solo = await member.nextSolo(ended); solo !== undefined; solo = await member.nextSolo(ended)) {
      this.#quarantine.accuse(solo.culprit);
      await this.#takeBatches(AbortSignal.any([signal, solo.signal]), solo.permits);
      // The mailbox ended by itself: its lease is revoked.
      if (!solo.signal.aborted) return;
    }
  }

  /** Unsettled work stays in the store: the next owner, or the next start, takes it up. */
  #onFailure(error: unknown): void {
    if (error instanceof WorkerDied && error.exit === "stopped") return;
    if (error instanceof BackendUnavailable) return;
    if (!(error instanceof Fenced)) throw error;
    const { processor, partition, epoch } = this.#mailbox;
    this.#context.observer.fenced({ processor, partition, epoch });
  }

  async #close(): Promise<void> {
    try {
      await this.#mailbox.close();
    } catch (error) {
      // The lease then expires by itself.
      if (!(error instanceof BackendUnavailable)) throw error;
    }
  }

  async #takeBatches(signal: AbortSignal, permits: Permits = this.#permits()): Promise<void> {
    for await (const batch of this.#mailbox.batches(signal, permits)) await this.#handleBatch(batch);
  }

  #permits(): Permits {
    const { pool, priority } = this.#context;
    return pool.semaphore(this.#mailbox.partition).withPriority(priority);
  }

  /**
   * Handles a batch; when its worker dies or its settlement is refused, in ever smaller slices, until the delivery to blame
   * is alone.
   */
  async #handleBatch(batch: Batch): Promise<void> {
    const slices = this.#quarantine.split(batch);
    const stoppedCases = new Set<string>();
    for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) {
      const result = await this.#handle({ ...slice, batch: holdCases(stoppedCases, slice.batch) });
      if (result instanceof WorkerDied) {
        slices.unshift(...this.#quarantine.splitAfterCrash(slice.batch, result.suspect));
        continue;
      }
      if (result instanceof SettlementRefused) {
        slices.unshift(...this.#quarantine.splitAfterCrash(slice.batch, slice.batch.count));
        continue;
      }
      // A case that failed in one slice goes no further in the next ones.
      for (const { caseId } of result.failedAttempts) stoppedCases.add(caseId);
    }
    if (batch.kind === "fresh") this.#quarantine.clear();
  }

  /** Takes one slice from start to settlement. Returns what went wrong while the delivery to blame is not isolated. */
  async #handle(slice: Slice): Promise<BatchResult | WorkerDied | SettlementRefused> {
    const release = await this.#acquireLock(slice);
    const { processor, partition } = this.#mailbox;
    const span = this.#context.tracing?.startPass({ processor, partition, batch: slice.batch });
    try {
      const result = await this.#handleIn(span, slice);
      if (result instanceof Error) span?.fail(result);
      return result;
    } catch (error) {
      span?.fail(error);
      throw error;
    } finally {
      span?.end();
      release();
    }
  }

  async #handleIn(
    span: PassSpan | undefined,
    slice: Slice,
  ): Promise<BatchResult | WorkerDied | SettlementRefused> {
    await this.#markInFlight(slice);
    const result = await this.#execute(slice, span);
    return result instanceof WorkerDied ? result : await this.#complete(slice, result, span);
  }

  /** Decides, settles and reports. What a single delivery made and can't be stored is its failure. */
  async #complete(
    slice: Slice,
    result: BatchResult,
    span: PassSpan | undefined,
  ): Promise<BatchResult | SettlementRefused> {
    const failures = this.#decideOutcomes(result);
    try {
      if (span === undefined) await this.#settle(slice, result, failures);
      else await this.#settleIn(span, slice, result, failures);
    } catch (error) {
      const madeSomething = result.outputs.length > 0 || result.timers.length > 0;
      if (!(error instanceof SettlementRefused) || !madeSomething) throw error;
      if (slice.batch.count > 1) return error;
      const { name, message } = error;
      return await this.#complete(slice, crashResult(slice.batch, { class: name, message }, true), span);
    }
    this.#report(result, failures, span);
    span?.recordFailures(failures);
    return result;
  }

  /**
   * 1. Held until the slice is settled: while the store has a delivery marked as exclusively in flight, a crash of the
   * process is charged to it.
   */
  #acquireLock({ isolation }: Slice): Promise<() => void> {
    const { lock } = this.#context;
    return isolation === "exclusive" ? lock.acquireExclusive() : lock.acquireShared();
  }

  /** 2. Records durably what is about to run, when a crash of the process must be traced to it. */
  async #markInFlight(slice: Slice): Promise<void> {
    if (slice.isolation !== "journaled" && slice.isolation !== "exclusive") return;
    await this.#mailbox.markInFlight(inFlightMarkOf(slice));
  }

  /** 3. Has a worker handle the slice, unless it is known what becomes of it. The death of a worker that had one delivery alone is that delivery's failure. */
  async #execute(
    { batch, isolation }: Slice,
    span: PassSpan | undefined,
  ): Promise<BatchResult | WorkerDied> {
    const isDecided = isolation === "condemned" || isolation === "failed";
    if (isDecided && !parseLine(linesOf(batch)[0]!).held) {
      return this.#quarantine.failedInPass(batch) ?? crashResult(batch, NODE_DIED);
    }
    const mailbox = this.#mailbox;
    const { processor, partition } = mailbox;
    const mayCrash = isolation === "isolated" || isolation === "exclusive";
    try {
      const request = {
        processor,
        partition,
        lines: batch.lines,
        ...(span && { traceparent: span.traceparent }),
      };
      return await this.#context.pool.run(request, mailbox.histories.bind(mailbox), mayCrash);
    } catch (error) {
      if (!(error instanceof WorkerDied) || error.exit === "stopped") throw error;
      if (batch.count > 1 || error.suspect === undefined) return error;
      if (isolation === "isolated") this.#quarantine.recordCrash(positionOf(linesOf(batch)[0]!), "worker");
      return crashResult(batch, { class: error.name, message: error.message });
    }
  }

  /** 4. The policy says what becomes of each failed attempt: held, retried, or a dead letter. */
  #decideOutcomes({ failedAttempts }: BatchResult): FailedDelivery[] {
    const { policy, now, random } = this.#context;
    return failedAttempts.map((failed) =>
      outcomeOf(this.#mailbox.processor, failed, policy, now(), random())
    );
  }

  /** 5. Outputs, checkpoint, timers and failures become durable together. */
  async #settle({ batch, isolation }: Slice, result: BatchResult, failures: FailedDelivery[]): Promise<void> {
    // Before the settlement: if its answer is lost, the same crash must not be charged a second time.
    if (isolation === "condemned") this.#quarantine.recordAttempt(batch);
    const { outputs, outputTypes, timers } = result;
    await this.#mailbox.settle(batch, { outputs, outputTypes, timers, failures });
  }

  #settleIn(span: PassSpan, ...settlement: [Slice, BatchResult, FailedDelivery[]]): Promise<void> {
    return span.settle(() => this.#settle(...settlement));
  }

  /** 6. Reports after settling: what is not durable has not happened. */
  #report(result: BatchResult, failures: readonly FailedDelivery[], span: PassSpan | undefined): void {
    const { observer } = this.#context;
    const { processor, partition } = this.#mailbox;
    const failed: Record<string, number> = {};
    for (const { eventType, held } of result.failedAttempts) {
      if (!held) failed[eventType] = (failed[eventType] ?? 0) + 1;
    }
    const { done, outputTypes: outputs, alarms } = result;
    observer.settled({ processor, partition, done, failed, outputs, alarms });
    for (const { caseId, eventId, attempt, outcome } of failures) {
      const trace = span && { traceId: span.traceId };
      const ids = { processor, partition, caseId, eventId, attempt, ...trace };
      if (outcome.kind === "held") observer.held(ids);
      else if (outcome.kind === "retry") observer.retried(ids, outcome.error.class);
      else observer.deadLettered(ids, outcome.error.class);
    }
  }
}
