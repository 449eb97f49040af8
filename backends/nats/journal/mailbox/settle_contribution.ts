/** A settlement as a part of the next record: outputs, timers, parked cases, dead letters, trail and checkpoint. @module */
import { EventIdConflict, SettlementRefused } from "../../../errors.ts";
import { type Batch, linesOf, positionOf, sliceBatch } from "../../../mailbox/batch.ts";
import type { InFlightMark, Settlement, StoredTimerChange } from "../../../mailbox/mailbox.ts";
import type { MailboxOwner, SettleStatus } from "../../../mailbox/mailbox_store.ts";
import { redeliveredPart } from "../../../settlement/redelivered.ts";
import { planSettlement } from "../../../settlement/plan.ts";
import { type PendingEvent, pendingEventOfRow, pendingEventsOf } from "../../stream/message.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { RecordPlan } from "../partition/record_plan.ts";
import { bytesOfEvent } from "../record/event_lines.ts";
import { sliceToFit } from "../record/slices.ts";

type ProcessorOwner = Pick<MailboxOwner, "processor" | "epoch">;

/**
 * Moves the checkpoint over a batch with everything that came of it. A batch that was settled before changes nothing. Throws
 * RangeError for a settlement that is not of this mailbox, or holds what is no event, and SettlementRefused.
 */
export function settleContribution(
  { processor, epoch }: ProcessorOwner,
  batch: Batch,
  settlement: Settlement,
  now: () => number,
): Contribution<SettleStatus> {
  const outputs = pendingEventsOf(settlement.outputs);
  settlement.timers.forEach(requireTimer);
  const bytes = outputs.reduce((sum, event) => sum + bytesOfEvent(event), changesSize(settlement));
  const addTo = async (plan: RecordPlan): Promise<() => SettleStatus> => {
    plan.claim(processor);
    const { checkpoint, epoch: current, redeliversTo = 0 } = plan.state.processor(processor);
    if (current !== epoch) return () => "fenced";
    const parked = plan.state.parkedOf(processor);
    const parkedOf = (caseId: string) => parked.get(caseId) ?? [];
    const planned = planSettlement({ processor, checkpoint, parkedOf, now: now() }, batch, settlement);
    if (planned === null) return () => "already";
    await plan.load(outputs);
    const redelivered = redeliveredPart({ redeliversTo }, batch);
    const { fresh, differences } = redelivered === "none"
      ? { fresh: outputs, differences: 0 }
      : withoutStored(plan, outputs);
    refuseOtherContent(plan, fresh);
    for (const event of fresh) if (plan.find(event) === undefined) plan.add(event);
    if (redelivered !== "all") plan.changes.timers.push(...settlement.timers);
    plan.changes.trail.push(...planned.trail);
    for (const [caseId, waiting] of planned.parked) plan.changes.parked.push({ processor, caseId, waiting });
    const counted = differences === 0 ? {} : { differences };
    plan.moves.push({ name: processor, from: checkpoint, to: planned.checkpoint, epoch, ...counted });
    return () => "settled";
  };
  return { size: { events: outputs.length, bytes }, addTo };
}

/** Throws RangeError for a timer that could not fire. */
export function requireTimer(change: StoredTimerChange): void {
  if (change.kind === "cancel") return;
  if (Number.isNaN(Date.parse(change.at))) {
    throw new RangeError(`Cannot set a timer at a time that is none: ${change.at}`);
  }
  pendingEventOfRow(change.row);
}

/** Outputs of a redelivery without those that are stored already; how many of these came out otherwise. */
function withoutStored(plan: RecordPlan, outputs: readonly PendingEvent[]) {
  const own = new Set(outputs.filter((event) => plan.isStoredFromSameInput(event)));
  const differences = [...own].filter((event) => plan.find(event)?.isSame === false).length;
  return { fresh: outputs.filter((event) => !own.has(event)), differences };
}

/** What is stored under the ids of outputs must be these outputs, of an earlier try. Throws SettlementRefused. */
function refuseOtherContent(plan: RecordPlan, outputs: readonly PendingEvent[]): void {
  const other = outputs.find((event) => plan.find(event)?.isSame === false);
  if (other !== undefined) throw new SettlementRefused(new EventIdConflict(other.eventId).message);
}

/** About the bytes that failures and timers take. */
function changesSize({ failures, timers }: Settlement): number {
  return failures.length + timers.length === 0 ? 0 : JSON.stringify({ failures, timers }).length;
}

/** The bytes of failures in one record: with what is known of earlier ones they are several times as many. */
const FAILURE_BYTES = 200_000;

/**
 * The parts of a settlement that fit a record each, cut between deliveries: usually one. Outputs and timers go with the first:
 * events that fit no record are several records in one write anyway.
 */
export function sliceSettlement(batch: Batch, settlement: Settlement): [Batch, Settlement][] {
  if (changesSize(settlement) <= FAILURE_BYTES) return [[batch, settlement]];
  const failures = new Map(settlement.failures.map((failure) => [failure.position, failure]));
  const places = linesOf(batch).map(positionOf);
  const sizeOf = (position: number) => ({
    events: 1,
    bytes: JSON.stringify(failures.get(position) ?? "").length,
  });
  const rest = { ...settlement, outputs: new Uint8Array(), timers: [] };
  let start = 0;
  return sliceToFit(places, sizeOf, { events: Infinity, bytes: FAILURE_BYTES }).map((positions, i) => {
    const slice = sliceBatch(batch, start, start + positions.length);
    start += positions.length;
    const its = positions.flatMap((position) => failures.get(position) ?? []);
    return [slice, { ...(i === 0 ? settlement : rest), failures: its }];
  });
}

/** Says durably what is about to be handled, or that nothing is; the next settlement clears it. */
export function markContribution(
  { processor, epoch }: ProcessorOwner,
  inFlight: InFlightMark | undefined,
): Contribution<"marked" | "fenced"> {
  return {
    size: { events: 0, bytes: 0 },
    addTo(plan) {
      plan.claim(processor);
      const { checkpoint: to, epoch: current } = plan.state.processor(processor);
      if (current !== epoch) return Promise.resolve(() => "fenced");
      plan.moves.push({
        name: processor,
        from: to,
        to,
        epoch,
        ...(inFlight === undefined ? {} : { inFlight }),
      });
      return Promise.resolve(() => "marked");
    },
  };
}
