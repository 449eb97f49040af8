/** A settlement in slices that fit an atomic batch each. Pure. @module */
import { type Batch, linesOf, sliceBatch } from "../../mailbox/batch.ts";
import type { Settlement } from "../../mailbox/mailbox.ts";

/** Failures that one slice holds at most: each may need a parked case and a line of the trail. */
const MAX_FAILURES = 400;

/**
 * The batch in slices that fit one atomic batch each. What may be written twice without harm, outputs and timers, comes
 * with the first.
 */
export function splitSettlement(batch: Batch, settlement: Settlement): [Batch, Settlement][] {
  const rest = { ...settlement, outputs: new Uint8Array(), timers: [] };
  const isSmall = settlement.failures.length <= MAX_FAILURES;
  if (isSmall && (batch.kind === "fresh" || batch.count <= MAX_FAILURES)) return [[batch, settlement]];
  const slices: [Batch, Settlement][] = [];
  for (let start = 0; start < batch.count; start += MAX_FAILURES) {
    const slice = sliceBatch(batch, start, Math.min(start + MAX_FAILURES, batch.count));
    const mine = new Set(positionsOf(slice));
    const failures = settlement.failures.filter(({ position }) => mine.has(position));
    slices.push([slice, { ...(start === 0 ? settlement : rest), failures }]);
  }
  return slices;
}

function positionsOf(batch: Batch): number[] {
  return linesOf(batch).map((line) => Number.parseInt(line, 10));
}
