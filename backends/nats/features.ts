/** What a store on JetStream promises. @module */
import type { BackendFeatures } from "../backend.ts";
import { EVENTS_AT_ONCE } from "./appending.ts";
import type { Shortfall } from "./weaker/shortfall.ts";

const full: BackendFeatures = {
  durable: true,
  shared: true,
  atomicSettle: true,
  // A server takes a thousand messages in an atomic batch, and nothing larger can be made of two.
  atomicAppend: EVENTS_AT_ONCE,
  geography:
    "a cluster (R3) survives the loss of a place without losing an acknowledged event, and every write waits " +
    "for a majority, so that its places must be milliseconds apart; a mirror over a leaf node costs writers nothing, " +
    "is a moment behind, can be read while the hub is away, and becomes a store only when a person promotes it",
};

/** @param shortfall what the store has to do without */
export function featuresOf(shortfall: Shortfall | undefined): BackendFeatures {
  if (shortfall === undefined) return full;
  const weaker =
    `${shortfall.reason}, so that what is settled is written message by message, the checkpoint last: after ` +
    "a crash in between a batch is done again, and what it left is known by its ids; an append of several events may be " +
    "cut off, and is completed by the same call";
  return { ...full, atomicSettle: false, atomicAppend: 1, weaker };
}
