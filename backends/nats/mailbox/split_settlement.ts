/** Splits a settlement into slices that fit one atomic batch each. Pure. @module */
import { type Batch, linesOf, sliceBatch } from "../../mailbox/batch.ts";
import type { Settlement } from "../../mailbox/mailbox.ts";

/** The most failures of a slice: each may need a parked case and an audit entry. */
const MAX_FAILURES = 400;

/** The slices of a batch. Outputs and timers go with the first one: writing them twice changes nothing. */
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
