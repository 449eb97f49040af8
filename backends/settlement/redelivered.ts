/** What a settlement of redelivered events does otherwise: see `rewinds.ts`. Pure. @module */
import { type Batch, linesOf, positionOf } from "../mailbox/batch.ts";

/** How much of a batch was done before. What was parked meanwhile comes in batches with other cases. */
export function redeliveredPart(
  { redeliversTo }: { readonly redeliversTo: number },
  batch: Batch,
): "all" | "some" | "none" {
  if (redeliversTo === 0) return "none";
  if (batch.kind === "fresh") return batch.to <= redeliversTo ? "all" : "none";
  const places = linesOf(batch).map(positionOf);
  if (places.every((position) => position <= redeliversTo)) return "all";
  return places.some((position) => position <= redeliversTo) ? "some" : "none";
}

/** What of an event's metadata says where it came from. */
interface Origin {
  readonly causation_id?: string | undefined;
  readonly source?: string | undefined;
}

/** Whether an event was made by the same processor, of whatever version, from the same input. */
export function hasSameOrigin(one: Origin, other: Origin): boolean {
  return one.causation_id !== undefined && one.causation_id === other.causation_id &&
    nameIn(one.source) !== undefined && nameIn(one.source) === nameIn(other.source);
}

/** The name in `name@version`. */
function nameIn(source: unknown): string | undefined {
  return typeof source === "string" ? /^(.+)@\d+$/.exec(source)?.[1] : undefined;
}
