/** What a settlement comes to, worked out whole before anything of it is written. Pure. @module */
import type { AuditEntry } from "../dead_letters.ts";
import { type Batch, linesOf } from "../mailbox/batch.ts";
import type { FailedDelivery, Settlement } from "../mailbox/mailbox.ts";
import { park, type ParkedCase, promoteHead, unpark } from "./parked_case.ts";

/** The writes of a settlement. */
export interface SettlementPlan {
  readonly checkpoint: number;
  /** The cases that change; an empty one is parked no more. */
  readonly parked: ReadonlyMap<string, ParkedCase>;
  readonly trail: readonly AuditEntry[];
}

/** Everything a settlement is judged by. */
interface PlanInput {
  readonly processor: string;
  readonly checkpoint: number;
  /** What waits, by case. */
  parkedOf(caseId: string): ParkedCase;
  readonly now: number;
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
  const outcomes = new Map(failures.map(({ position, outcome }) => [position, outcome.kind]));
  const tried = lines.filter(({ position }) => outcomes.get(position) !== "held");
  if (tried.some((line) => isOvertaking(input, line, lines))) return null;
  return plan(input, input.checkpoint, failures, lines.filter(({ position }) => !outcomes.has(position)));
}

/** A redelivery that was settled before left nothing that waits for this very attempt. */
function isCurrent({ parkedOf }: PlanInput, { caseId, position, attempt }: LineHead): boolean {
  const found = parkedOf(caseId).find((delivery) => delivery.position === position);
  return found !== undefined && found.state !== "dead" && found.attempts + 1 === attempt;
}

/**
 * An earlier delivery of the case waits that is not in the batch: to settle this one would be out of order (I3). It comes
 * to that when a batch is delivered twice and cut in slices: what the first try parked, the second saw succeed.
 */
function isOvertaking({ parkedOf }: PlanInput, line: LineHead, batch: readonly LineHead[]): boolean {
  return parkedOf(line.caseId).some(({ position }) =>
    position < line.position && !batch.some((other) => other.position === position)
  );
}

function plan(
  { processor, parkedOf, now }: PlanInput,
  checkpoint: number,
  failures: readonly FailedDelivery[],
  done: readonly LineHead[],
): SettlementPlan {
  const changed = new Map<string, ParkedCase>();
  const caseOf = (caseId: string) => changed.get(caseId) ?? parkedOf(caseId);
  const trail: AuditEntry[] = [];
  for (const { caseId, position } of done) changed.set(caseId, unpark(caseOf(caseId), position));
  for (const failure of failures) {
    const before = caseOf(failure.caseId);
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
  { position, caseId, eventId }: FailedDelivery,
  parked: ParkedCase,
  now: number,
): AuditEntry {
  const { state, attempts, failures } = parked.find((delivery) => delivery.position === position)!;
  const act = state === "dead" ? "dead_letter" : attempts === 1 ? "park" : "retry";
  const at = new Date(now).toISOString();
  return { at, act, by: "runtime", why: failures.at(-1)!.class, caseId, processor, eventId };
}

/** What a settlement is judged by in a delivery line. */
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
