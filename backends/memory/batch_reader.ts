/** Reading the next batch of a mailbox: pure, bounded by count and by bytes. @module */
import { Buffer } from "node:buffer";
import { encodeLines } from "../../schema/delivery_line.ts";
import type { Batch } from "../mailbox/batch.ts";
import type { BatchLimits } from "../mailbox/batch_size.ts";
import { earliest } from "./clock.ts";
import type { Subscription } from "./lease_table.ts";
import { entryLineOf, type EventLog, indexBehind, type LogEntry } from "./event_log.ts";
import { byPosition, dueAt, type ParkedDelivery, redeliverable } from "../settlement/parked_case.ts";

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

/** The next batch: parked cases whose turn has come, then the next stretch of the feed. Null when there is nothing. */
export function nextBatch(
  from: Subscription,
  log: EventLog,
  now: number,
  limits: BatchLimits,
): Batch | null {
  return redeliveryBatch(from, now, limits) ?? freshBatch(from, log, limits);
}

function redeliveryBatch(
  { parked, checkpoint }: Subscription,
  now: number,
  limits: BatchLimits,
): Batch | null {
  const due = [...parked.values()].filter((each) => dueAt(each) <= now)
    .sort((a, b) => byPosition(a[0]!, b[0]!))
    .flatMap(redeliverable);
  const chosen = takeFitting(due, limits).sort(byPosition);
  if (chosen.length === 0) return null;
  const lines = new Lines({ batchSize: Infinity, batchBytes: Infinity });
  for (const delivery of chosen) lines.add(redeliveryLine(delivery));
  return lines.batch("redelivery", checkpoint, checkpoint);
}

/** Cases go in one after the other, each from its head, so that a case that is cut is cut at its end. */
function takeFitting(due: readonly ParkedDelivery[], limits: BatchLimits): ParkedDelivery[] {
  const lines = new Lines(limits);
  const cut = due.findIndex((delivery) => !lines.add(redeliveryLine(delivery)));
  return due.slice(0, cut === -1 ? due.length : cut);
}

function redeliveryLine({ entry, attempts }: ParkedDelivery): string {
  return entryLineOf(entry, attempts + 1, false);
}

function freshBatch(from: Subscription, log: EventLog, limits: BatchLimits): Batch | null {
  const lines = new Lines(limits);
  let to = from.checkpoint;
  for (const entry of pending(from, log)) {
    if (!lines.add(entryLineOf(entry, 1, from.parked.has(entry.caseId)))) break;
    to = entry.position;
  }
  return lines.lines.length === 0 ? null : lines.batch("fresh", from.checkpoint, to);
}

/** Events behind the checkpoint that the processor takes, in order. */
export function* pending({ partition, checkpoint, takes }: Subscription, log: EventLog): Generator<LogEntry> {
  const slice = log.slices[partition]!;
  for (let i = indexBehind(slice, checkpoint); i < slice.length; i++) {
    if (takes.has(slice[i]!.type)) yield slice[i]!;
  }
}

/** When a parked case will be due, if none is; Infinity when none waits for a time. */
export function nextDue({ parked }: Subscription): number {
  return earliest(parked.values().map(dueAt));
}
