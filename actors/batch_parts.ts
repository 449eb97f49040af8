/** A batch in parts: how to find the delivery that kills its worker, and keep the order of cases meanwhile. Pure. @module */
import { type Batch, linesOf, slice } from "../backends/mailbox.ts";
import { deliveryLine, encodeLines, parseLine } from "../schema/stored_event.ts";
import type { WorkerDied } from "./worker_handle.ts";

/**
 * How to go on with a part whose worker died. The suspect is tried alone, so that what it kills next time is only
 * itself; without a suspect among the deliveries, halves find it. A part that was merely waiting is sent again whole.
 */
export function partsAround(part: Batch, { suspect }: Pick<WorkerDied, "suspect">): Batch[] {
  if (suspect === undefined || part.count === 1) return [part];
  const cuts = suspect < part.count
    ? [0, suspect, suspect + 1, part.count]
    : [0, part.count >> 1, part.count];
  const pieces: Batch[] = [];
  for (let i = 1; i < cuts.length; i++) {
    if (cuts[i]! > cuts[i - 1]!) pieces.push(slice(part, cuts[i - 1]!, cuts[i]!));
  }
  return pieces;
}

/** The same part, with the deliveries of cases that stopped in an earlier part held. */
export function behind(stopped: ReadonlySet<string>, part: Batch): Batch {
  if (stopped.size === 0) return part;
  const lines = linesOf(part).map((line) => {
    const delivery = parseLine(line);
    const waits = stopped.has(delivery.event.correlation_id);
    return waits ? deliveryLine({ ...delivery, held: true }) : line;
  });
  return { ...part, lines: encodeLines(lines) };
}
