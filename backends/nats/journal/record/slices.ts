/** Cuts what does not fit one record. Pure. @module */
import { MAX_RECORD_BYTES, MAX_RECORD_EVENTS } from "./record.ts";

/** What something takes of a record. */
export interface RecordSize {
  readonly events: number;
  readonly bytes: number;
}

/** How much a record may hold. */
export const RECORD_BOUNDS: RecordSize = { events: MAX_RECORD_EVENTS, bytes: MAX_RECORD_BYTES };

export function fits({ events, bytes }: RecordSize, bounds: RecordSize = RECORD_BOUNDS): boolean {
  return events <= bounds.events && bytes <= bounds.bytes;
}

export function addSizes(one: RecordSize, other: RecordSize): RecordSize {
  return { events: one.events + other.events, bytes: one.bytes + other.bytes };
}

/**
 * The items in slices that fit a record each, in order, as few as can be. Nothing is cut within an item (the deliveries of
 * a settlement, the events of an append): one that is larger has a slice of its own.
 */
export function sliceToFit<T>(
  items: readonly T[],
  sizeOf: (item: T) => RecordSize,
  bounds: RecordSize = RECORD_BOUNDS,
): T[][] {
  const slices: T[][] = [];
  let used: RecordSize = { events: Infinity, bytes: Infinity };
  for (const item of items) {
    const size = sizeOf(item);
    const both = addSizes(used, size);
    if (fits(both, bounds)) {
      slices.at(-1)!.push(item);
      used = both;
    } else {
      slices.push([item]);
      used = size;
    }
  }
  return slices;
}
