/** A batch in parts: how to find the delivery that kills its worker, and keep the order of cases meanwhile. Pure. @module */
import { type Batch, linesOf, sliceBatch } from "../../backends/mailbox/batch.ts";
import { deliveryLine, encodeLines, parseLine } from "../../schema/delivery_line.ts";
import type { WorkerDied } from "../pool/worker_handle.ts";

/**
 * How to go on with a part whose worker died. The suspect is tried alone, so that what it kills next time is only
 * itself; without a suspect among the deliveries, halves find it. A part that was merely waiting is sent again whole.
 */
export function splitAroundSuspect(slice: Batch, { suspect }: Pick<WorkerDied, "suspect">): Batch[] {
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

/** The same part, with the deliveries of cases that stopped in an earlier part held. */
export function holdCases(stoppedCases: ReadonlySet<string>, slice: Batch): Batch {
  if (stoppedCases.size === 0) return slice;
  const lines = linesOf(slice).map((line) => {
    const delivery = parseLine(line);
    const isHeld = stoppedCases.has(delivery.event.correlation_id);
    return isHeld ? deliveryLine({ ...delivery, held: true }) : line;
  });
  return { ...slice, lines: encodeLines(lines) };
}
