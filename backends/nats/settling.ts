/** What a settlement comes to, worked out whole before anything of it is written. Pure. @module */
import type { AuditEntry } from "../backend.ts";
import { type Batch, type Exception, linesOf, type Settlement, slice } from "../mailbox.ts";
import { dueAt, park, promoteHead, unpark, type Waiting } from "./parking.ts";

/** The writes of a settlement. */
export interface Staged {
  readonly checkpoint: number;
  /** The cases that change; an empty one is parked no more. */
  readonly parked: ReadonlyMap<string, Waiting>;
  readonly trail: readonly AuditEntry[];
}

/** Everything a settlement is judged by. */
interface Settling {
  readonly processor: string;
  readonly checkpoint: number;
  /** What waits, by case. */
  waiting(caseId: string): Waiting;
  readonly now: number;
}

/** Exceptions that one part holds at most: each may need a parked case and a line of the trail. */
const EXCEPTIONS_AT_ONCE = 400;

/**
 * The batch in parts that fit one atomic batch each. What may be written twice without harm, outputs and timers, comes
 * with the first.
 */
export function partsOf(batch: Batch, settlement: Settlement): [Batch, Settlement][] {
  const rest = { ...settlement, outputs: new Uint8Array(), timers: [] };
  const isSmall = settlement.exceptions.length <= EXCEPTIONS_AT_ONCE;
  if (isSmall && (batch.kind === "fresh" || batch.count <= EXCEPTIONS_AT_ONCE)) return [[batch, settlement]];
  const parts: [Batch, Settlement][] = [];
  for (let start = 0; start < batch.count; start += EXCEPTIONS_AT_ONCE) {
    const part = slice(batch, start, Math.min(start + EXCEPTIONS_AT_ONCE, batch.count));
    const mine = new Set(positionsOf(part));
    const exceptions = settlement.exceptions.filter(({ position }) => mine.has(position));
    parts.push([part, { ...(start === 0 ? settlement : rest), exceptions }]);
  }
  return parts;
}

/** The writes of a settlement; null when it was made before. Throws RangeError for one that can't be of this mailbox. */
export function stageSettlement(settling: Settling, batch: Batch, settlement: Settlement): Staged | null {
  return batch.kind === "fresh"
    ? stageFresh(settling, batch, settlement.exceptions)
    : stageRedelivery(settling, batch, settlement.exceptions);
}

function stageFresh(settling: Settling, batch: Batch, exceptions: readonly Exception[]): Staged | null {
  const { checkpoint } = settling;
  if (batch.to <= checkpoint) return null;
  if (batch.from !== checkpoint) {
    throw new RangeError(`Cannot settle what begins at ${batch.from}: the checkpoint is at ${checkpoint}`);
  }
  const beyond = exceptions.find(({ position }) => position <= checkpoint || position > batch.to);
  if (beyond) throw new RangeError(`Cannot settle position ${beyond.position}: it is not in the batch`);
  return stage(settling, batch.to, exceptions, []);
}

function stageRedelivery(settling: Settling, batch: Batch, exceptions: readonly Exception[]): Staged | null {
  const lines = linesOf(batch).map(lineHead);
  if (!lines.every((line) => isCurrent(settling, line))) return null;
  const failed = new Set(exceptions.map(({ position }) => position));
  return stage(
    settling,
    settling.checkpoint,
    exceptions,
    lines.filter(({ position }) => !failed.has(position)),
  );
}

/** A redelivery that was settled before left nothing that waits for this very attempt. */
function isCurrent({ waiting }: Settling, { caseId, position, attempt }: LineHead): boolean {
  const found = waiting(caseId).find((delivery) => delivery.position === position);
  return found !== undefined && found.state !== "dead" && found.attempts + 1 === attempt;
}

function stage(
  { processor, waiting, now }: Settling,
  checkpoint: number,
  exceptions: readonly Exception[],
  done: readonly LineHead[],
): Staged {
  const changed = new Map<string, Waiting>();
  const of = (caseId: string) => changed.get(caseId) ?? waiting(caseId);
  const trail: AuditEntry[] = [];
  for (const { caseId, position } of done) changed.set(caseId, unpark(of(caseId), position));
  for (const exception of exceptions) {
    const before = of(exception.caseId);
    const after = park(before, exception, now);
    if (after === before) continue;
    changed.set(exception.caseId, after);
    if (exception.outcome.kind !== "held") trail.push(runtimeAct(processor, exception, after, now));
  }
  for (const [caseId, after] of changed) changed.set(caseId, promoteHead(after, now));
  return { checkpoint, parked: changed, trail };
}

/** The failure that a delivery was just parked for. A delivery that is only held costs no line. */
function runtimeAct(processor: string, exception: Exception, waiting: Waiting, now: number): AuditEntry {
  const { position, caseId, eventId } = exception;
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
export function nextDue(cases: Iterable<{ waiting: Waiting }>): number {
  let first = Infinity;
  for (const { waiting } of cases) first = Math.min(first, dueAt(waiting));
  return first;
}
