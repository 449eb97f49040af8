/** A worker's heap grows above its ceiling. @module */
import { atNextOccasion, type Fault } from "./fault.ts";

export const heapGrowth: Fault = {
  does: "makes the next worker of a node that answers report a heap above its ceiling",
  simulation: atNextOccasion("heap_growth", "heap_report"),
};
