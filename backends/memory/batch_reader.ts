/** Reading the next batch of a mailbox: pure, bounded by count and by bytes. @module */
import { Buffer } from "node:buffer";
import { encodeLines } from "../../schema/delivery_line.ts";
import type { Batch } from "../mailbox/batch.ts";
import type { Fetched } from "../mailbox/mailbox_store.ts";
import type { BatchLimits } from "../mailbox/batch_size.ts";
import type { Subscription } from "./lease_table.ts";
import { entryLineOf, type EventLog, indexBehind, type LogEntry } from "./event_log.ts";
import { dueAt, nextDue, type ParkedDelivery, redeliverable } from "../settlement/parked_case.ts";

/** Lines under construction. */
class Lines {
  readonly lines: string[] = [];
  bytes = 0;

  constructor(readonly limits: BatchLimits) {}

  /** False when the line does not fit any more. */
  add(line: string): boolean {
    const bytes = this.bytes + Buffer.byteLength(line) + (this.lines.length === 0 ? 0 : 1);
    const fits = this.lines.length < this.limits.batchSize && bytes <= this.limits.batchBytes;
    if (!fits && this.lines.length > 0) return false;
    this.lines.push(line);
    this.bytes = bytes;
    return true;
  }

  batch(kind: Batch["kind"], from: number, to: number): Batch {
    return { kind, lines: encodeLines(this.lines), count: this.lines.length, from, to };
  }
}

/** The next batch: parked cases that are due, then what is behind the checkpoint. */
export function nextBatch(from: Subscription, log: EventLog, now: number, limits: BatchLimits): Fetched {
  const { parked, checkpoint } = from;
  const nextDueMs = nextDue(parked.values()) - now;
  const due = redeliveryBatch(from, log, now, limits);
  if (due !== undefined) return { kind: "fetched", batch: due, checkpoint, nextDueMs };
  return { kind: "fetched", ...freshBatch(from, log, limits), checkpoint, nextDueMs };
}

function redeliveryBatch(
  { parked, checkpoint }: Subscription,
  log: EventLog,
  now: number,
  limits: BatchLimits,
): Batch | undefined {
  const due = [...parked.values()].filter((each) => dueAt(each) <= now)
    .sort((a, b) => byPosition(a[0]!, b[0]!))
    .flatMap(redeliverable);
  const chosen = takeFitting(due, log, limits).sort(byPosition);
  if (chosen.length === 0) return undefined;
  const lines = new Lines({ batchSize: Infinity, batchBytes: Infinity });
  for (const delivery of chosen) lines.add(redeliveryLine(delivery, log));
  return lines.batch("redelivery", checkpoint, checkpoint);
}

function byPosition(a: ParkedDelivery, b: ParkedDelivery): number {
  return a.position - b.position;
}

/** Cases go in one after the other, each from its head, so that a case that is cut is cut at its end. */
function takeFitting(due: readonly ParkedDelivery[], log: EventLog, limits: BatchLimits): ParkedDelivery[] {
  const lines = new Lines(limits);
  const cut = due.findIndex((delivery) => !lines.add(redeliveryLine(delivery, log)));
  return due.slice(0, cut === -1 ? due.length : cut);
}

function redeliveryLine({ position, attempts }: ParkedDelivery, log: EventLog): string {
  return entryLineOf(log.at(position)!, attempts + 1, false);
}

function freshBatch(
  from: Subscription,
  log: EventLog,
  limits: BatchLimits,
): Pick<Fetched, "batch" | "hasMore"> {
  const lines = new Lines(limits);
  let to = from.checkpoint;
  let hasMore = false;
  const until = isRedelivering(from, log) ? from.redeliversTo : Infinity;
  for (const entry of pending(from, log)) {
    hasMore = entry.position > until;
    if (hasMore) break;
    hasMore = !lines.add(entryLineOf(entry, 1, from.parked.has(entry.caseId)));
    if (hasMore) break;
    to = entry.position;
  }
  return { batch: lines.lines.length === 0 ? undefined : lines.batch("fresh", from.checkpoint, to), hasMore };
}

/** Events behind the checkpoint that the processor takes, in order. */
export function* pending({ partition, checkpoint, takes }: Subscription, log: EventLog): Generator<LogEntry> {
  const slice = log.slices[partition]!;
  for (let i = indexBehind(slice, checkpoint); i < slice.length; i++) {
    if (takes.has(slice[i]!.type)) yield slice[i]!;
  }
}

/** Whether the next event is one that was done before the processor was rewound. */
export function isRedelivering(subscription: Subscription, log: EventLog): boolean {
  const { checkpoint, redeliversTo } = subscription;
  if (checkpoint >= redeliversTo) return false;
  const { value } = pending(subscription, log).next();
  return value !== undefined && value.position <= redeliversTo;
}
