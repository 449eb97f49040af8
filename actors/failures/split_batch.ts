/** A batch in slices: bisection finds the delivery that kills its worker, and keeps the order of cases. Pure. @module */
import { type Batch, linesOf, sliceBatch } from "../../backends/mailbox/batch.ts";
import { encodeLines, heldLine, parseLine } from "../../schema/delivery_line.ts";

/**
 * The slices to retry after a worker died with `slice`. The suspect, by its index, becomes a slice of its own, so that
 * the next crash costs only itself. Past the last delivery there is no suspect, and halves find it. A slice that merely
 * waited (`undefined`) is sent again whole.
 */
export function splitAroundSuspect(slice: Batch, suspect: number | undefined): Batch[] {
  if (suspect === undefined || slice.count === 1) return [slice];
  const cuts = suspect < slice.count
    ? [0, suspect, suspect + 1, slice.count]
    : [0, slice.count >> 1, slice.count];
  const slices: Batch[] = [];
  for (let i = 1; i < cuts.length; i++) {
    if (cuts[i]! > cuts[i - 1]!) slices.push(sliceBatch(slice, cuts[i - 1]!, cuts[i]!));
  }
  return slices;
}

/** The same slice, with the deliveries of cases that stopped in an earlier slice held. */
export function holdCases(stoppedCases: ReadonlySet<string>, slice: Batch): Batch {
  if (stoppedCases.size === 0) return slice;
  const lines = linesOf(slice).map((line) => {
    const isHeld = stoppedCases.has(parseLine(line).event.correlation_id);
    return isHeld ? heldLine(line) : line;
  });
  return { ...slice, lines: encodeLines(lines) };
}
