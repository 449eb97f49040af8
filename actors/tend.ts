/** An actor: tends one mailbox. Pulls a batch, has it handled, settles it; only then it asks for the next. @module */
import { BackendAway } from "../backends/backend.ts";
import {
  type Batch,
  type Exception,
  Fenced,
  linesOf,
  type Mailbox,
  positionOf,
  type Trial,
} from "../backends/mailbox.ts";
import { type RefusalListener, untilUsable } from "../backends/patience.ts";
import { parseLine } from "../schema/stored_event.ts";
import { behind, partsAround } from "./batch_parts.ts";
import type { Exclusion } from "./exclusion.ts";
import type { Observer } from "./observer.ts";
import { type Part, Suspicion } from "./suspicion.ts";
import type { Thrown } from "./thrown.ts";
import type { RetryPolicy } from "./retry_policy.ts";
import { verdict } from "./verdict.ts";
import { WorkerDied } from "./worker_handle.ts";
import type { WorkerPool } from "./worker_pool.ts";
import type { BatchResult, FailedDelivery } from "./worker_protocol.ts";

export interface TendParts {
  readonly pool: WorkerPool;
  /**
   * How far along the life of a case it is. Of those who wait, who is furthest goes first: a case that was begun is
   * finished while its states are still at hand, before the next one begins.
   */
  readonly stage: number;
  /** Shared by all actors of the process: so that one of them can be sure to be alone. */
  readonly exclusion: Exclusion;
  readonly observer: Observer;
  readonly policy: RetryPolicy;
  readonly now: () => Date;
  readonly random: () => number;
}

/** Tends a mailbox until the signal aborts or the lease is lost; then gives the lease back. */
export async function tend(mailbox: Mailbox, parts: TendParts, signal: AbortSignal): Promise<void> {
  const ended = AbortSignal.any([signal, mailbox.lost]);
  const suspicion = new Suspicion(mailbox.abandoned);
  try {
    // A batch whose settling has an unknown outcome is read again from the checkpoint, or not at all if it was settled.
    const work = () => takeBatches(mailbox, parts, signal, suspicion);
    await untilUsable(work, ended, tellRefusal(parts.observer));
  } catch (error) {
    // Unsettled work is simply still there: the next owner, or the next start, takes it up.
    if (error instanceof WorkerDied && error.exit === "stopped") return;
    if (error instanceof BackendAway) return;
    if (!(error instanceof Fenced)) throw error;
    const { processor, partition, epoch } = mailbox;
    parts.observer.fenced({ processor, partition, epoch });
  } finally {
    await giveBack(mailbox);
  }
}

/** A refusal holds up everything, as an absence does, and is told as such. */
export function tellRefusal(observer: Observer): RefusalListener {
  return (refused) => refused === undefined ? observer.backendBack() : observer.backendAway(refused.message);
}

async function takeBatches(
  mailbox: Mailbox,
  parts: TendParts,
  signal: AbortSignal,
  suspicion: Suspicion,
): Promise<void> {
  const gate = parts.pool.gate(mailbox.partition).at(parts.stage);
  for await (const batch of mailbox.batches(signal, gate)) {
    await handleBatch(mailbox, batch, parts, suspicion);
  }
}

async function giveBack(mailbox: Mailbox): Promise<void> {
  try {
    await mailbox.close();
  } catch (error) {
    // Then the lease runs out by itself.
    if (!(error instanceof BackendAway)) throw error;
  }
}

/** Handles a batch; when a worker dies of it, in ever smaller parts, until the delivery that kills is alone. */
async function handleBatch(mailbox: Mailbox, batch: Batch, parts: TendParts, suspicion: Suspicion) {
  const todo = suspicion.parts(batch);
  const stopped = new Set<string>();
  for (let part = todo.shift(); part !== undefined; part = todo.shift()) {
    const piece = { ...part, batch: behind(stopped, part.batch) };
    const result = await handlePart(mailbox, piece, parts, suspicion);
    if (result instanceof WorkerDied) todo.unshift(...piecesOf(part, result, suspicion));
    // A case that failed in one part goes no further in the next ones.
    else for (const { caseId } of result.failed) stopped.add(caseId);
  }
  if (batch.kind === "fresh") suspicion.calm();
}

/** The result of a part, which is settled; or the death of its worker, when it is not yet known what is to blame. */
async function handlePart(
  mailbox: Mailbox,
  part: Part,
  parts: TendParts,
  suspicion: Suspicion,
): Promise<BatchResult | WorkerDied> {
  // Until it is settled: as long as the store has a delivery on trial, what the process dies of is charged to it.
  const leave = await parts.exclusion.enter(part.care === "trial");
  try {
    const result = await attempt(mailbox, part, parts.pool);
    if (result instanceof WorkerDied) return result;
    // Before it is settled: should the answer to that be lost, the same death must not be charged again.
    if (part.care === "guilty") suspicion.charged(positionOf(linesOf(part.batch)[0]!));
    await settle(mailbox, part.batch, result, parts);
    return result;
  } finally {
    leave();
  }
}

function piecesOf({ batch }: Part, died: WorkerDied, suspicion: Suspicion): Part[] {
  const { suspect } = died;
  if (suspect !== undefined && suspect < batch.count) {
    suspicion.killed(positionOf(linesOf(batch)[suspect]!), "worker");
  }
  return partsAround(batch, died).flatMap((piece) => suspicion.parts(piece));
}

async function attempt(mailbox: Mailbox, part: Part, pool: WorkerPool): Promise<BatchResult | WorkerDied> {
  const { batch, care } = part;
  if (care === "guilty" && !parseLine(linesOf(batch)[0]!).held) return failedAlone(batch, NODE_DIED);
  try {
    if (care === "marked" || care === "trial") await mailbox.begin(trialOf(part));
    return await run(mailbox, part, pool);
  } catch (error) {
    if (!(error instanceof WorkerDied) || error.exit === "stopped") throw error;
    if (batch.count > 1 || error.suspect === undefined) return error;
    return failedAlone(batch, { class: error.name, message: error.message });
  }
}

function trialOf({ batch, care }: Part): Trial {
  const lines = linesOf(batch);
  return { first: positionOf(lines[0]!), last: positionOf(lines.at(-1)!), alone: care === "trial" };
}

function run(mailbox: Mailbox, { batch: { lines }, care }: Part, pool: WorkerPool): Promise<BatchResult> {
  const { processor, partition } = mailbox;
  const expected = care === "alone" || care === "trial";
  return pool.run({ processor, partition, lines }, mailbox.histories.bind(mailbox), expected);
}

/** A delivery that was alone with what it ended: one failed attempt. */
function failedAlone(part: Batch, error: Thrown): BatchResult {
  const { position, attempt, event } = parseLine(linesOf(part)[0]!);
  const failed: FailedDelivery = {
    position,
    eventId: event.event_id,
    eventType: event.event_type,
    caseId: event.correlation_id,
    attempt,
    held: false,
    final: false,
    error,
  };
  return { outputs: NOTHING, outputTypes: {}, timers: [], failed: [failed], done: {} };
}

const NOTHING = new Uint8Array();

const NODE_DIED: Thrown = {
  class: "NodeDied",
  message: "The process died while this delivery was handled, and nothing else was",
};

async function settle(mailbox: Mailbox, part: Batch, result: BatchResult, parts: TendParts): Promise<void> {
  const exceptions = result.failed.map((failed) =>
    verdict(mailbox.processor, failed, parts.policy, parts.now(), parts.random())
  );
  const { outputs, outputTypes, timers } = result;
  await mailbox.settle(part, { outputs, outputTypes, timers, exceptions });
  tell(mailbox, result, exceptions, parts.observer);
}

/** Told after settling: what was not made durable has not happened. */
function tell(
  mailbox: Mailbox,
  result: BatchResult,
  exceptions: readonly Exception[],
  observer: Observer,
): void {
  const { processor, partition } = mailbox;
  const failed: Record<string, number> = {};
  for (const { eventType, held } of result.failed) {
    if (!held) failed[eventType] = (failed[eventType] ?? 0) + 1;
  }
  observer.settled({ processor, partition, done: result.done, failed, outputs: result.outputTypes });
  for (const { caseId, eventId, attempt, outcome } of exceptions) {
    const ids = { processor, partition, caseId, eventId, attempt };
    if (outcome.kind === "held") observer.held(ids);
    else if (outcome.kind === "retry") observer.retried(ids, outcome.error.class);
    else observer.deadLettered(ids, outcome.error.class);
  }
}
