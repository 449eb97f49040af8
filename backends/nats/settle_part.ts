/** Writing a settlement: outputs, timers, parked cases, dead letters and checkpoint in one atomic batch. @module */
import type { AuditEntry } from "../backend.ts";
import { type Batch, linesOf, type Settlement } from "../mailbox.ts";
import type { Subjects } from "../../schema/nats.ts";
import { MOST_MESSAGES, type Positions, type Write } from "./atomic_batch.ts";
import { note } from "./appending.ts";
import { type Placed, placeEvents } from "./case_book.ts";
import type { Fence } from "./fence.ts";
import { type Draft, draftsOf } from "./message.ts";
import type { ParkedCases } from "./parked_cases.ts";
import type { Parts } from "./parts.ts";
import { lineHead, type Staged, stageSettlement } from "./settling.ts";
import { timerWrite } from "./timer_message.ts";

interface SettleParts extends Parts {
  readonly fence: Fence;
  readonly parked: ParkedCases;
  readonly processor: string;
}

/** Room in a batch for the checkpoint and the notes of kinds. */
const ROOM = MOST_MESSAGES - 50;

/** Settles a part; does nothing when it was settled before. Throws Conflict when what we know is stale. */
export async function settlePart(parts: SettleParts, batch: Batch, settlement: Settlement): Promise<void> {
  const { fence, parked, processor, clock } = parts;
  const now = clock.now();
  const { checkpoint } = fence.now;
  const settling = { processor, checkpoint, now, waiting: (caseId: string) => parked.waiting(caseId) };
  const staged = stageSettlement(settling, batch, settlement);
  if (staged === null) return;
  const drafts = draftsOf(settlement.outputs);
  const vague = drafts.filter(({ caseId }) => !parts.book.isWhole(caseId));
  if (vague.length > 0) await parts.book.recall(causesOf(batch, vague));
  const timers = settlement.timers.map((change) => timerWrite(parts.subjects, change));
  await writeInRuns(parts, drafts, timers, staged, now);
}

/** The cases that get outputs, and the version of each from which on they may be there already, from an earlier try. */
function causesOf(batch: Batch, drafts: readonly Draft[]): Map<string, number> {
  const causes = new Map(drafts.map(({ caseId }) => [caseId, 0]));
  for (const line of linesOf(batch)) {
    const { caseId, version } = lineHead(line);
    if (causes.get(caseId) === 0) causes.set(caseId, version);
  }
  return causes;
}

/**
 * Usually one batch. What does not fit goes before it, behind the same fence and without moving the checkpoint: outputs
 * are known by their ids and timers by their names, so doing that part again after a crash changes nothing.
 */
async function writeInRuns(
  parts: SettleParts,
  drafts: readonly Draft[],
  timers: readonly Write[],
  staged: Staged,
  now: number,
): Promise<void> {
  const parked = parts.parked.writes(staged.parked);
  const trail = staged.trail.map((entry) => auditWrite(parts.subjects, entry));
  const room = ROOM - parked.length - trail.length;
  let waiting = [...timers];
  for (;;) {
    const placed = place(parts, drafts);
    if (placed.writes.length + waiting.length <= room) {
      const change = { checkpoint: staged.checkpoint, settledAt: now, trial: null };
      const at = await write(parts, change, placed, [...parked, ...trail, ...waiting]);
      return parts.parked.apply(staged.parked, at);
    }
    const some = place(parts, placed.drafts.slice(0, ROOM));
    const early = waiting.slice(0, ROOM - some.writes.length);
    await write(parts, {}, some, early);
    waiting = waiting.slice(early.length);
  }
}

function place({ book, subjects }: Parts, drafts: readonly Draft[]): Placed {
  return placeEvents(drafts, (caseId) => book.head(caseId), subjects, false);
}

/** Writes events and more behind the fence; tells where each of `more` is. */
async function write(
  { fence, kinds, book }: SettleParts,
  change: Parameters<Fence["write"]>[0],
  placed: Placed,
  more: readonly Write[],
): Promise<Positions> {
  const notes = kinds.missing(placed.drafts);
  const at = await fence.write(change, [...placed.writes, ...more, ...notes]);
  kinds.noted(notes);
  note(book, placed, at);
  return (index) => at(placed.writes.length + index);
}

export function auditWrite(subjects: Subjects, entry: AuditEntry): Write {
  return { subject: subjects.audit(entry.caseId ?? ""), payload: JSON.stringify(entry) };
}
