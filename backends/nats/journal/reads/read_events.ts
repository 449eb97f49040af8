/** Reading events: of a case, and by position, time and type. @module */
import { parseStoredLine, type StoredEvent } from "../../../../schema/delivery_line.ts";
import { partitionOf } from "../../../../schema/partition.ts";
import type { ReplayRange } from "../../../event_store.ts";
import { deliveryLine } from "../mailbox/fresh_batch.ts";
import type { PlacedEvent } from "../partition/case_events.ts";
import { eventPosition, recordSequenceOf } from "../record/record.ts";
import type { LogReads } from "./log_reads.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function storedEventOf(placed: PlacedEvent): StoredEvent {
  const { head, rest } = deliveryLine(placed, 0, false);
  return parseStoredLine(head + decoder.decode(rest));
}

/** The events of a case, in order. */
export async function* eventsOfCase({ views }: LogReads, caseId: string): AsyncGenerator<StoredEvent> {
  const view = await views.view(partitionOf(caseId, views.partitions));
  for (const placed of await view.caseEvents(caseId)) yield storedEventOf(placed);
}

/**
 * By how much the time of a message may be before that of its record: the clocks of the servers of a cluster differ, and no
 * record is before the one in front of it. Where it is later, the record was sent again.
 */
const CLOCK_MARGIN_MS = 60_000;

/** The events of a range that were stored at the time of the call, by position. */
export async function* eventsIn(
  { log, views }: LogReads,
  range: ReplayRange = {},
): AsyncGenerator<StoredEvent> {
  if (range.types?.length === 0) return;
  const wanted = within(range);
  const to = Math.min(await log.last(), recordSequenceOf(range.toPosition ?? Infinity));
  const from = await firstSequence(log, range);
  const passed = new Set<number>();
  if (from === undefined) return;
  for await (const { partition, sequence, record } of log.readBetween(from, to)) {
    if (record.kind === "malformed") continue;
    const { recordedAt } = record.head;
    // Times grow within a partition, and only there.
    if (recordedAt > wanted.toTime && passed.add(partition).size === views.partitions) return;
    for (const event of record.events) {
      const placed = { position: eventPosition(sequence, event.index), recordedAt, event };
      if (wanted.has(placed)) yield storedEventOf(placed);
    }
  }
}

/** Where to begin; undefined where nothing of the range is there. */
async function firstSequence(
  log: LogReads["log"],
  { fromPosition = 1, fromTime }: ReplayRange,
): Promise<number | undefined> {
  const byPosition = Math.max(1, recordSequenceOf(fromPosition));
  if (fromTime === undefined) return byPosition;
  const byTime = await log.firstSince(Date.parse(fromTime) - CLOCK_MARGIN_MS);
  return byTime === undefined ? undefined : Math.max(byPosition, byTime);
}

function within({ fromPosition = 0, toPosition = Infinity, fromTime, toTime, types }: ReplayRange) {
  const since = fromTime === undefined ? -Infinity : Date.parse(fromTime);
  const until = toTime === undefined ? Infinity : Date.parse(toTime);
  const has = ({ position, recordedAt, event }: PlacedEvent) =>
    position >= fromPosition && position <= toPosition && recordedAt >= since && recordedAt <= until &&
    (types === undefined || types.includes(event.type));
  return { toTime: until, has };
}
