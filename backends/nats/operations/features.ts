/** What a store on JetStream promises. @module */
import type { BackendFeatures } from "../../backend.ts";
import { MAX_ATOMIC_EVENTS } from "../log/append.ts";

export const features: BackendFeatures = {
  durable: true,
  shared: true,
  atomicSettle: true,
  // A server takes a thousand messages in an atomic batch, and nothing larger can be made of two.
  atomicAppend: MAX_ATOMIC_EVENTS,
  geography:
    "a cluster (R3) survives the loss of a place without losing an acknowledged event, and every write waits " +
    "for a majority, so that its places must be milliseconds apart",
};
