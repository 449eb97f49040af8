/** A batch of deliveries, as bytes. @module */
import { decodeLines, encodeLines } from "../../schema/delivery_line.ts";

/**
 * Deliveries handed over together, as bytes: what only passes them on makes no text of them.
 * A `fresh` batch comes next behind the checkpoint; a `redelivery` is parked cases that are due.
 */
export interface Batch {
  readonly kind: "fresh" | "redelivery";
  /** Delivery lines (`schema/delivery_line.ts`) in stored order. */
  readonly lines: Uint8Array;
  readonly count: number;
  /** The checkpoint this batch was read behind; of no meaning for a redelivery. */
  readonly from: number;
  /** The checkpoint once it is settled; of no meaning for a redelivery. */
  readonly to: number;
}

/** The position of a delivery line, without parsing the rest of it. */
export function positionOf(line: string): number {
  return Number.parseInt(line, 10);
}

/** The lines of a batch. */
export function linesOf({ lines }: Pick<Batch, "lines">): string[] {
  return decodeLines(lines);
}

/** The deliveries [start, end) of a batch as a batch of their own, to be settled in order with the other slices. */
export function sliceBatch(batch: Batch, start: number, end: number): Batch {
  const all = linesOf(batch);
  const lines = all.slice(start, end);
  const fresh = batch.kind === "fresh";
  return {
    kind: batch.kind,
    lines: encodeLines(lines),
    count: lines.length,
    from: fresh && start > 0 ? positionOf(all[start - 1]!) : batch.from,
    to: fresh && end < all.length ? positionOf(all[end - 1]!) : batch.to,
  };
}
