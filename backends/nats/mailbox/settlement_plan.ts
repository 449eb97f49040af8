/** What a settlement comes to, worked out whole before anything of it is written. Pure. @module */
import type { AuditEntry } from "../../dead_letters.ts";
import { type Batch, linesOf, sliceBatch } from "../../mailbox/batch.ts";
import type { FailedDelivery, Settlement } from "../../mailbox/mailbox.ts";
import { dueAt, park, type ParkedDeliveries, promoteHead, unpark } from "./parked_case.ts";

/** The writes of a settlement. */
export interface SettlementPlan {
  readonly checkpoint: number;
  /** The cases that change; an empty one is parked no more. */
  readonly parked: ReadonlyMap<string, ParkedDeliveries>;
  readonly trail: readonly AuditEntry[];
}

/** Everything a settlement is judged by. */
interface PlanInput {
  readonly processor: string;
  readonly checkpoint: number;
  /** What waits, by case. */
  waiting(caseId: string): ParkedDeliveries;
  readonly now: number;
}

/** Exceptions that one part holds at most: each may need a parked case and a line of the trail. */
const MAX_FAILURES = 400;

/**
 * The batch in parts that fit one atomic batch each. What may be written twice without harm, outputs and timers, comes
 * with the first.
 */
export function splitSettlement(batch: Batch, settlement: Settlement): [Batch, Settlement][] {
  const rest = { ...settlement, outputs: new Uint8Array(), timers: [] };
  const isSmall = settlement.failures.length <= MAX_FAILURES;
  if (isSmall && (batch.kind === "fresh" || batch.count <= MAX_FAILURES)) return [[batch, settlement]];
  const slices: [Batch, Settlement][] = [];
  for (let start = 0; start < batch.count; start += MAX_FAILURES) {
    const slice = sliceBatch(batch, start, Math.min(start + MAX_FAILURES, batch.count));
    const mine = new Set(positionsOf(slice));
    const failures = settlement.failures.filter(({ position }) => mine.has(position));
    slices.push([slice, { ...(start === 0 ? settlement : rest), failures }]);
  }
  return slices;
}

/** The writes of a settlement; null when it was made before. Throws RangeError for one that can't be of this mailbox. */
export function planSettlement(
  input: PlanInput,
  batch: Batch,
  settlement: Settlement,
): SettlementPlan | null {
  return batch.kind === "fresh"
    ? planFresh(input, batch, settlement.failures)
    : planRedelivery(input, batch, settlement.failures);
}

function planFresh(
  input: PlanInput,
  batch: Batch,
  failures: readonly FailedDelivery[],
): SettlementPlan | null {
  const { checkpoint } = input;
  if (batch.to <= checkpoint) return null;
  if (batch.from !== checkpoint) {
    throw new RangeError(`Cannot settle what begins at ${batch.from}: the checkpoint is at ${checkpoint}`);
  }
  const beyond = failures.find(({ position }) => position <= checkpoint || position > batch.to);
  if (beyond) throw new RangeError(`Cannot settle position ${beyond.position}: it is not in the batch`);
  return plan(input, batch.to, failures, []);
}

function planRedelivery(
  input: PlanInput,
  batch: Batch,
  failures: readonly FailedDelivery[],
): SettlementPlan | null {
  const lines = linesOf(batch).map(lineHead);
  if (!lines.every((line) => isCurrent(input, line))) return null;
  const failed = new Set(failures.map(({ position }) => position));
  return plan(
    input,
    input.checkpoint,
    failures,
    lines.filter(({ position }) => !failed.has(position)),
  );
}

/** A redelivery that was settled before left nothing that waits for this very attempt. */
function isCurrent({ waiting }: PlanInput, { caseId, position, attempt }: LineHead): boolean {
  const found = waiting(caseId).find((delivery) => delivery.position === position);
  return found !== undefined && found.state !== "dead" && found.attempts + 1 === attempt;
}

function plan(
  { processor, waiting, now }: PlanInput,
  checkpoint: number,
  failures: readonly FailedDelivery[],
  done: readonly LineHead[],
): SettlementPlan {
  const changed = new Map<string, ParkedDeliveries>();
  const of = (caseId: string) => changed.get(caseId) ?? waiting(caseId);
  const trail: AuditEntry[] = [];
  for (const { caseId, position } of done) changed.set(caseId, unpark(of(caseId), position));
  for (const failure of failures) {
    const before = of(failure.caseId);
    const after = park(before, failure, now);
    if (after === before) continue;
    changed.set(failure.caseId, after);
    if (failure.outcome.kind !== "held") trail.push(runtimeAct(processor, failure, after, now));
  }
  for (const [caseId, after] of changed) changed.set(caseId, promoteHead(after, now));
  return { checkpoint, parked: changed, trail };
}

/** The failure that a delivery was just parked for. A delivery that is only held costs no line. */
function runtimeAct(
  processor: string,
  failure: FailedDelivery,
  waiting: ParkedDeliveries,
  now: number,
): AuditEntry {
  const { position, caseId, eventId } = failure;
  const { state, attempts, failures } = waiting.find((delivery) => delivery.position === position)!;
  const act = state === "dead" ? "dead_letter" : attempts === 1 ? "park" : "retry";
  const at = new Date(now).toISOString();
  return { at, act, by: "runtime", why: failures.at(-1)!.class, caseId, processor, eventId };
}

/** What settling looks at in a delivery line. */
interface LineHead {
  readonly position: number;
  readonly version: number;
  readonly attempt: number;
  readonly eventId: string;
  readonly caseId: string;
}

export function lineHead(line: string): LineHead {
  const field = line.split("\t", 8);
  return {
    position: Number(field[0]),
    version: Number(field[1]),
    attempt: Number(field[2]),
    eventId: field[5]!,
    caseId: field[7]!,
  };
}

function positionsOf(batch: Batch): number[] {
  return linesOf(batch).map((line) => Number.parseInt(line, 10));
}

/** When the next parked case is due; Infinity when none waits for a time. */
export function nextDue(cases: Iterable<{ waiting: ParkedDeliveries }>): number {
  let first = Infinity;
  for (const { waiting } of cases) first = Math.min(first, dueAt(waiting));
  return first;
}
