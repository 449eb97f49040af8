/** An actor: tends one mailbox. Pulls a batch, has it handled, settles it; only then it asks for the next. @module */
import { BackendUnavailable } from "../backends/errors.ts";
import { type Batch, linesOf, positionOf } from "../backends/mailbox/batch.ts";
import { type FailedDelivery, Fenced, type InFlightMark, type Mailbox } from "../backends/mailbox/mailbox.ts";
import { retryWhileUnusable, type UsabilityListener } from "../backends/primitives/retry.ts";
import { parseLine } from "../schema/delivery_line.ts";
import { holdCases, splitAroundSuspect } from "./failures/split_batch.ts";
import type { SharedLock } from "../backends/primitives/shared_lock.ts";
import type { Observer } from "./observer.ts";
import { Quarantine, type Slice } from "./failures/quarantine.ts";
import type { ErrorInfo } from "./error_info.ts";
import type { FailurePolicy } from "./failures/failure_policy.ts";
import { outcomeOf } from "./failures/failure_outcome.ts";
import { WorkerDied } from "./pool/worker_handle.ts";
import type { WorkerPool } from "./pool/worker_pool.ts";
import type { BatchResult, FailedAttempt } from "./worker/protocol.ts";

export interface ActorContext {
  readonly pool: WorkerPool;
  /**
   * How far along the life of a case it is. Of those who wait, who is furthest goes first: a case that was begun is
   * finished while its states are still at hand, before the next one begins.
   */
  readonly priority: number;
  /** Shared by all actors of the process: so that one of them can be sure to be alone. */
  readonly lock: SharedLock;
  readonly observer: Observer;
  readonly policy: FailurePolicy;
  readonly now: () => Date;
  readonly random: () => number;
}

/** Tends a mailbox until the signal aborts or the lease is lost; then gives the lease back. */
export async function tend(mailbox: Mailbox, context: ActorContext, signal: AbortSignal): Promise<void> {
  const ended = AbortSignal.any([signal, mailbox.revoked]);
  const quarantine = new Quarantine(mailbox.crashedOwner);
  try {
    // A batch whose settling has an unknown outcome is read again from the checkpoint, or not at all if it was settled.
    const work = () => takeBatches(mailbox, context, signal, quarantine);
    await retryWhileUnusable(work, ended, reportAvailability(context.observer));
  } catch (error) {
    // Unsettled work is simply still there: the next owner, or the next start, takes it up.
    if (error instanceof WorkerDied && error.exit === "stopped") return;
    if (error instanceof BackendUnavailable) return;
    if (!(error instanceof Fenced)) throw error;
    const { processor, partition, epoch } = mailbox;
    context.observer.fenced({ processor, partition, epoch });
  } finally {
    await closeMailbox(mailbox);
  }
}

/** A refusal holds up everything, as an absence does, and is told as such. */
export function reportAvailability(observer: Observer): UsabilityListener {
  return (error) =>
    error === undefined ? observer.backendAvailable() : observer.backendUnavailable(error.message);
}

async function takeBatches(
  mailbox: Mailbox,
  context: ActorContext,
  signal: AbortSignal,
  quarantine: Quarantine,
): Promise<void> {
  const permits = context.pool.semaphore(mailbox.partition).withPriority(context.priority);
  for await (const batch of mailbox.batches(signal, permits)) {
    await handleBatch(mailbox, batch, context, quarantine);
  }
}

async function closeMailbox(mailbox: Mailbox): Promise<void> {
  try {
    await mailbox.close();
  } catch (error) {
    // Then the lease runs out by itself.
    if (!(error instanceof BackendUnavailable)) throw error;
  }
}

/** Handles a batch; when a worker dies of it, in ever smaller parts, until the delivery that kills is alone. */
async function handleBatch(mailbox: Mailbox, batch: Batch, context: ActorContext, quarantine: Quarantine) {
  const slices = quarantine.split(batch);
  const stoppedCases = new Set<string>();
  for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) {
    const attempted = { ...slice, batch: holdCases(stoppedCases, slice.batch) };
    const result = await handleSlice(mailbox, attempted, context, quarantine);
    if (result instanceof WorkerDied) slices.unshift(...splitAfterCrash(slice, result, quarantine));
    // A case that failed in one part goes no further in the next ones.
    else for (const { caseId } of result.failedAttempts) stoppedCases.add(caseId);
  }
  if (batch.kind === "fresh") quarantine.clear();
}

/** The result of a part, which is settled; or the death of its worker, when it is not yet known what is to blame. */
async function handleSlice(
  mailbox: Mailbox,
  slice: Slice,
  context: ActorContext,
  quarantine: Quarantine,
): Promise<BatchResult | WorkerDied> {
  // Until it is settled: as long as the store has a delivery on trial, what the process dies of is charged to it.
  const release = await context.lock.acquire(slice.isolation === "exclusive");
  try {
    const result = await attempt(mailbox, slice, context.pool);
    if (result instanceof WorkerDied) return result;
    // Before it is settled: should the answer to that be lost, the same death must not be charged again.
    if (slice.isolation === "condemned") quarantine.recordAttempt(positionOf(linesOf(slice.batch)[0]!));
    await settle(mailbox, slice.batch, result, context);
    return result;
  } finally {
    release();
  }
}

function splitAfterCrash({ batch }: Slice, died: WorkerDied, quarantine: Quarantine): Slice[] {
  const { suspect } = died;
  if (suspect !== undefined && suspect < batch.count) {
    quarantine.recordCrash(positionOf(linesOf(batch)[suspect]!), "worker");
  }
  return splitAroundSuspect(batch, died).flatMap((slice) => quarantine.split(slice));
}

async function attempt(mailbox: Mailbox, slice: Slice, pool: WorkerPool): Promise<BatchResult | WorkerDied> {
  const { batch, isolation } = slice;
  if (isolation === "condemned" && !parseLine(linesOf(batch)[0]!).held) return crashResult(batch, NODE_DIED);
  try {
    if (isolation === "journaled" || isolation === "exclusive") {
      await mailbox.markInFlight(inFlightMarkOf(slice));
    }
    return await run(mailbox, slice, pool);
  } catch (error) {
    if (!(error instanceof WorkerDied) || error.exit === "stopped") throw error;
    if (batch.count > 1 || error.suspect === undefined) return error;
    return crashResult(batch, { class: error.name, message: error.message });
  }
}

function inFlightMarkOf({ batch, isolation }: Slice): InFlightMark {
  const lines = linesOf(batch);
  return {
    first: positionOf(lines[0]!),
    last: positionOf(lines.at(-1)!),
    exclusive: isolation === "exclusive",
  };
}

function run(
  mailbox: Mailbox,
  { batch: { lines }, isolation }: Slice,
  pool: WorkerPool,
): Promise<BatchResult> {
  const { processor, partition } = mailbox;
  const expected = isolation === "isolated" || isolation === "exclusive";
  return pool.run({ processor, partition, lines }, mailbox.histories.bind(mailbox), expected);
}

/** A delivery that was alone with what it ended: one failed attempt. */
function crashResult(slice: Batch, error: ErrorInfo): BatchResult {
  const { position, attempt, event } = parseLine(linesOf(slice)[0]!);
  const failed: FailedAttempt = {
    position,
    eventId: event.event_id,
    eventType: event.event_type,
    caseId: event.correlation_id,
    attempt,
    held: false,
    final: false,
    error,
  };
  return { outputs: NO_OUTPUTS, outputTypes: {}, timers: [], failedAttempts: [failed], done: {} };
}

const NO_OUTPUTS = new Uint8Array();

const NODE_DIED: ErrorInfo = {
  class: "NodeDied",
  message: "The process died while this delivery was handled, and nothing else was",
};

async function settle(
  mailbox: Mailbox,
  slice: Batch,
  result: BatchResult,
  context: ActorContext,
): Promise<void> {
  const failures = result.failedAttempts.map((failed) =>
    outcomeOf(mailbox.processor, failed, context.policy, context.now(), context.random())
  );
  const { outputs, outputTypes, timers } = result;
  await mailbox.settle(slice, { outputs, outputTypes, timers, failures });
  reportSettled(mailbox, result, failures, context.observer);
}

/** Told after settling: what was not made durable has not happened. */
function reportSettled(
  mailbox: Mailbox,
  result: BatchResult,
  failures: readonly FailedDelivery[],
  observer: Observer,
): void {
  const { processor, partition } = mailbox;
  const failed: Record<string, number> = {};
  for (const { eventType, held } of result.failedAttempts) {
    if (!held) failed[eventType] = (failed[eventType] ?? 0) + 1;
  }
  observer.settled({ processor, partition, done: result.done, failed, outputs: result.outputTypes });
  for (const { caseId, eventId, attempt, outcome } of failures) {
    const ids = { processor, partition, caseId, eventId, attempt };
    if (outcome.kind === "held") observer.held(ids);
    else if (outcome.kind === "retry") observer.retried(ids, outcome.error.class);
    else observer.deadLettered(ids, outcome.error.class);
  }
}
