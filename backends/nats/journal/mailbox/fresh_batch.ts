/** The next batch of a mailbox behind its checkpoint, as bytes. @module */
import type { Batch } from "../../../mailbox/batch.ts";
import type { BatchLimits } from "../../../mailbox/batch_size.ts";
import { eventPosition, lastUnread, type LogRecord, type StoredRecord } from "../record/record.ts";
import type { PlacedEvent } from "../partition/case_events.ts";

/** A delivery line: its placement, and the rest as it is stored. */
export interface Line {
  readonly head: string;
  readonly rest: Uint8Array;
}

const LINE_BREAK = 10;
const encoder = new TextEncoder();

/** What was found behind a place. */
interface FreshEvents {
  /** Undefined when there is nothing of these types. */
  readonly batch: Batch | undefined;
  /** Up to where nothing else of these types is. */
  readonly scannedTo: number;
  readonly hasMore: boolean;
}

/** What a mailbox takes. */
interface Wanted {
  /** Its checkpoint. */
  readonly from: number;
  /** Nothing between the checkpoint and this place is of its types. */
  readonly after: number;
  readonly types: readonly string[];
  /** What was done before it was rewound, up to here, comes without what never was; 0: it never was. */
  readonly redeliversTo?: number;
  isParked(caseId: string): boolean;
}

/** Reads records until the batch is full or no more come. */
export async function nextFreshBatch(
  records: AsyncIterable<StoredRecord>,
  { from, after, types, isParked, redeliversTo = 0 }: Wanted,
  limits: BatchLimits,
): Promise<FreshEvents> {
  const lines: Line[] = [];
  let [bytes, to, scannedTo] = [0, from, after];
  for await (const { sequence, record } of records) {
    if (record.kind === "malformed") continue;
    scannedTo = Math.max(scannedTo, lastUnread({ sequence, record }));
    for (const placed of eventsBehind({ sequence, record }, after)) {
      const { position, event } = placed;
      if (types.includes(event.type)) {
        const line = deliveryLine(placed, 1, isParked(event.caseId));
        bytes += lineBytes(line);
        const isFull = lines.length === limits.batchSize || bytes > limits.batchBytes ||
          (position > redeliversTo && to > from && to <= redeliversTo);
        if (isFull && lines.length > 0) return { batch: batchOf(lines, from, to), scannedTo, hasMore: true };
        lines.push(line);
        to = position;
      }
      scannedTo = position;
    }
  }
  return { batch: lines.length === 0 ? undefined : batchOf(lines, from, to), scannedTo, hasMore: false };
}

function* eventsBehind(
  { sequence, record: { head, events } }: StoredRecord<LogRecord>,
  after: number,
): Generator<PlacedEvent> {
  for (const event of events) {
    const position = eventPosition(sequence, event.index);
    if (position > after) yield { position, recordedAt: head.recordedAt, event };
  }
}

/** An event as a delivery line. */
export function deliveryLine(
  { position, recordedAt, event }: PlacedEvent,
  attempt: number,
  held: boolean,
): Line {
  return {
    head: `${position}\t${event.version}\t${attempt}\t${held ? 1 : 0}\t${recordedAt}`,
    rest: event.rest,
  };
}

/** The bytes that a line takes in a batch. */
export function lineBytes({ head, rest }: Line): number {
  return head.length + rest.length + 1;
}

function batchOf(lines: readonly Line[], from: number, to: number): Batch {
  return { kind: "fresh", lines: joinLines(lines), count: lines.length, from, to };
}

/** Lines in one buffer, a line break between two. */
export function joinLines(lines: readonly Line[]): Uint8Array {
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + lineBytes(line), 0));
  let at = 0;
  for (const { head, rest } of lines) {
    at += encoder.encodeInto(head, bytes.subarray(at)).written;
    bytes.set(rest, at);
    at += rest.length;
    bytes[at++] = LINE_BREAK;
  }
  return bytes.subarray(0, Math.max(0, at - 1));
}
