/** A processor that takes what the misbehaving one makes, and dies of one of them. @module */
import type { Processor } from "../../../actors/processor.ts";

/** Intake 2 of this case is answered with what kills. */
export const KILLING_CASE = "case-3";

export const reactingProcessor: Processor<null, "case.analysis", never> = {
  name: "reacting",
  version: 1,
  takes: ["case.analysis"],
  folds: [],
  initial: () => null,
  evolve: () => null,
  handle({ data }) {
    if (data.case_id === KILLING_CASE && data.n === 2) {
      Atomics.store = () => {
        throw new Error("sabotage");
      };
    }
    return { events: [] };
  },
};
