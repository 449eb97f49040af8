/** What a settlement comes to, worked out whole before anything of it is written. Pure. @module */
import type { AuditEntry } from "../dead_letters.ts";
import { type Batch, linesOf } from "../mailbox/batch.ts";
import type { FailedDelivery, Settlement } from "../mailbox/mailbox.ts";
import { parseLine } from "../../schema/delivery_line.ts";
import type { Subscription } from "../memory/lease_table.ts";
import type { EventLog, LogEntry } from "../memory/event_log.ts";
import { park, type ParkedCase, type ParkedDelivery, unpark } from "./parked_case.ts";

/** The writes of a settlement. */
export interface SettlementPlan {
  readonly checkpoint: number;
  /** The cases that change; an empty one is parked no more. */
  readonly parked: ReadonlyMap<string, ParkedCase>;
  /** Dead letters among them, to be written first: without them nothing is settled. */
  readonly dead: readonly ParkedDelivery[];
  readonly trail: readonly AuditEntry[];
}

/** Everything a settlement is judged by. */
interface MemoryPlanInput {
  readonly subscription: Subscription;
  readonly log: EventLog;
  readonly now: number;
  readonly batch: Batch;
  readonly settlement: Settlement;
}

/** The writes of a settlement; null when it was made before. Throws RangeError for one that can't be of this mailbox. */
export function planSettlement(input: MemoryPlanInput): SettlementPlan | null {
  return input.batch.kind === "fresh" ? planFresh(input) : planRedelivery(input);
}

function planFresh(input: MemoryPlanInput): SettlementPlan | null {
  const { subscription: { checkpoint }, batch, settlement } = input;
  if (batch.to <= checkpoint) return null;
  if (batch.from !== checkpoint) {
    throw new RangeError(`Cannot settle what begins at ${batch.from}: the checkpoint is at ${checkpoint}`);
  }
  const { failures } = settlement;
  const beyond = failures.find(({ position }) => position <= checkpoint || position > batch.to);
  if (beyond) throw new RangeError(`Cannot settle position ${beyond.position}: it is not in the batch`);
  return plan(input, batch.to, failures, []);
}

function planRedelivery(input: MemoryPlanInput): SettlementPlan | null {
  const { subscription, log, batch, settlement } = input;
  const lines = linesOf(batch).map(parseLine);
  const entries = lines.map(({ position }) => entryAt(log, position));
  if (!lines.every(({ attempt }, i) => isCurrent(subscription, entries[i]!, attempt))) return null;
  const held = new Set(settlement.failures.filter((e) => e.outcome.kind === "held").map((e) => e.position));
  const tried = entries.filter(({ position }) => !held.has(position));
  if (tried.some((entry) => isOvertaking(subscription, entry, entries))) return null;
  const failed = new Set(settlement.failures.map(({ position }) => position));
  const done = entries.filter(({ position }) => !failed.has(position));
  return plan(input, subscription.checkpoint, settlement.failures, done);
}

/** A redelivery that was settled before left nothing that waits for this very attempt. */
function isCurrent({ parked }: Subscription, entry: LogEntry, attempt: number): boolean {
  const found = parked.get(entry.caseId)?.find((delivery) => delivery.entry === entry);
  return found !== undefined && found.state !== "dead" && found.attempts + 1 === attempt;
}

/** Something of its case waits before it that is not in the batch: only a batch that is delivered twice can hold this. */
function isOvertaking({ parked }: Subscription, entry: LogEntry, batch: readonly LogEntry[]): boolean {
  const before = parked.get(entry.caseId)!.filter((delivery) => delivery.entry.position < entry.position);
  return before.some((delivery) => !batch.includes(delivery.entry));
}

function plan(
  { subscription, log, now }: MemoryPlanInput,
  checkpoint: number,
  failures: readonly FailedDelivery[],
  done: readonly LogEntry[],
): SettlementPlan {
  const parked = new Map<string, ParkedCase>();
  const caseOf = ({ caseId }: LogEntry) => parked.get(caseId) ?? subscription.parked.get(caseId) ?? [];
  const trail: AuditEntry[] = [];
  for (const entry of done) parked.set(entry.caseId, unpark(caseOf(entry), entry));
  for (const { position, outcome } of failures) {
    const entry = entryAt(log, position);
    const after = park(caseOf(entry), entry, outcome, now);
    parked.set(entry.caseId, after);
    if (outcome.kind !== "held") trail.push(runtimeAct(subscription.processor, entry, after, now));
  }
  const newlyDead = new Set(failures.filter((e) => e.outcome.kind === "deadLetter").map((e) => e.position));
  const dead = [...parked.values()].flat().filter(({ entry }) => newlyDead.has(entry.position));
  return { checkpoint, parked, dead, trail };
}

/** The failure that a delivery was just parked for. A delivery that is only held costs no line. */
function runtimeAct(processor: string, entry: LogEntry, parked: ParkedCase, now: number): AuditEntry {
  const { state, attempts, failures } = parked.find((delivery) => delivery.entry === entry)!;
  const act = state === "dead" ? "dead_letter" : attempts === 1 ? "park" : "retry";
  return auditEntry(act, { by: "runtime", why: failures.at(-1)!.class }, processor, entry, now);
}

/** A line of the audit trail. */
export function auditEntry(
  act: string,
  { by, why }: { by: string; why: string },
  processor: string,
  { caseId, eventId }: LogEntry,
  now: number,
): AuditEntry {
  return { at: new Date(now).toISOString(), act, by, why, caseId, processor, eventId };
}

function entryAt(log: EventLog, position: number): LogEntry {
  const entry = log.at(position);
  if (entry === undefined) throw new RangeError(`Cannot settle position ${position}: there is no such event`);
  return entry;
}
