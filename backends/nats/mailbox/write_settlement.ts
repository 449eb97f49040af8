/** Writes a settlement: outputs, timers, parked cases, dead letters and checkpoint in one atomic batch. @module */
import type { AuditEntry } from "../../dead_letters.ts";
import { EventIdConflict, SettlementRefused } from "../../errors.ts";
import { type Batch, linesOf } from "../../mailbox/batch.ts";
import type { Settlement } from "../../mailbox/mailbox.ts";
import type { Subjects } from "../../../schema/nats.ts";
import { MAX_BATCH_MESSAGES, type PositionOf, type Write } from "../stream/atomic_publish.ts";
import { checkDuplicates, recordWritten } from "../log/append.ts";
import { assignVersions, type VersionedWrites } from "../log/case_heads.ts";
import type { FencedCheckpoint } from "./checkpoint.ts";
import { type PendingEvent, pendingEventsOf } from "../stream/message.ts";
import type { ParkedCases } from "./parked_cases.ts";
import type { NatsContext } from "../context.ts";
import { lineHead, planSettlement, type SettlementPlan } from "../../settlement/plan.ts";
import { timerWrite } from "./timer_message.ts";

interface SettleContext extends Pick<NatsContext, "caseHeads" | "subjects" | "eventKinds" | "clock"> {
  readonly fence: FencedCheckpoint;
  readonly parked: ParkedCases;
  readonly processor: string;
}

/** Leaves room in a batch for the checkpoint and the registrations of event kinds. */
const BATCH_ROOM = MAX_BATCH_MESSAGES - 50;

/** Settles a slice; does nothing when it was settled before. Throws Conflict when a cached head or parked case is stale. */
export async function writeSettlement(
  context: SettleContext,
  batch: Batch,
  settlement: Settlement,
): Promise<void> {
  const { fence, parked, processor, clock } = context;
  const now = clock.now();
  const { checkpoint } = fence.current;
  const parkedOf = (caseId: string) => parked.deliveriesOf(caseId);
  const plan = planSettlement({ processor, checkpoint, now, parkedOf }, batch, settlement);
  if (plan === null) return;
  const drafts = pendingEventsOf(settlement.outputs);
  const incomplete = drafts.filter(({ caseId }) => !context.caseHeads.isComplete(caseId));
  if (incomplete.length > 0) await context.caseHeads.ensureFrom(causesOf(batch, incomplete));
  await requireOwnIds(context, assignNext(context, drafts).duplicates);
  const timers = settlement.timers.map((change) => timerWrite(context.subjects, change));
  await writeInBatches(context, drafts, timers, plan, now);
}

/** What is stored under the ids of outputs must be these outputs, of an earlier try. */
async function requireOwnIds(context: SettleContext, known: readonly PendingEvent[]): Promise<void> {
  if (known.length === 0) return;
  await checkDuplicates(context, known).catch((error) => {
    throw error instanceof EventIdConflict ? new SettlementRefused(error.message, { cause: error }) : error;
  });
}

/** The cases that get outputs, with the version from which on an earlier try may have written them. */
function causesOf(batch: Batch, drafts: readonly PendingEvent[]): Map<string, number> {
  const causes = new Map(drafts.map(({ caseId }) => [caseId, 0]));
  for (const line of linesOf(batch)) {
    const { caseId, version } = lineHead(line);
    if (causes.get(caseId) === 0) causes.set(caseId, version);
  }
  return causes;
}

/**
 * Usually one batch. Outputs and timers that do not fit are written before it, behind the same fence and without moving the
 * checkpoint: they are recognised by id and name, so writing them again after a crash changes nothing.
 */
async function writeInBatches(
  context: SettleContext,
  drafts: readonly PendingEvent[],
  timers: readonly Write[],
  plan: SettlementPlan,
  now: number,
): Promise<void> {
  const parked = context.parked.writes(plan.parked);
  const trail = plan.trail.map((entry) => auditWrite(context.subjects, entry));
  const room = BATCH_ROOM - parked.length - trail.length;
  let waiting = [...timers];
  for (;;) {
    const placed = assignNext(context, drafts);
    if (placed.writes.length + waiting.length <= room) {
      const change = { checkpoint: plan.checkpoint, settledAt: now, inFlight: null };
      const at = await write(context, change, placed, [...parked, ...trail, ...waiting]);
      return context.parked.apply(plan.parked, at);
    }
    const some = assignNext(context, placed.drafts.slice(0, BATCH_ROOM));
    const early = waiting.slice(0, BATCH_ROOM - some.writes.length);
    await write(context, {}, some, early);
    waiting = waiting.slice(early.length);
  }
}

function assignNext(
  { caseHeads, subjects }: SettleContext,
  drafts: readonly PendingEvent[],
): VersionedWrites {
  return assignVersions(drafts, (caseId) => caseHeads.head(caseId), subjects, false);
}

/** Writes events and `more` behind the fence; returns the positions of `more`. */
async function write(
  { fence, eventKinds, caseHeads }: SettleContext,
  change: Parameters<FencedCheckpoint["write"]>[0],
  placed: VersionedWrites,
  more: readonly Write[],
): Promise<PositionOf> {
  const notes = eventKinds.missingWrites(placed.drafts);
  const at = await fence.write(change, [...placed.writes, ...more, ...notes]);
  eventKinds.markRegistered(notes);
  recordWritten(caseHeads, placed, at);
  return (index) => at(placed.writes.length + index);
}

export function auditWrite(subjects: Subjects, entry: AuditEntry): Write {
  return { subject: subjects.audit(entry.caseId ?? ""), payload: JSON.stringify(entry) };
}
