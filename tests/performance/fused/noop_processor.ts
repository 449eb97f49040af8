/** A processor that does nothing: what a delivery costs by itself. @module */
import type { Processor } from "../../../actors/processor.ts";

export const noop: Processor<null, "case.intake", never> = {
  name: "noop",
  version: 1,
  takes: ["case.intake"],
  folds: [],
  initial: () => null,
  evolve: () => null,
  handle: () => ({ events: [] }),
};
