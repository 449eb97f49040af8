/** A person pauses a processor, or drains a node, for a while. @module */
import { pausedKinds } from "../../backends/pauses.ts";
import { processorNames } from "../simulation/simulated_cases.ts";
import { type Fault, pick, simulated } from "./fault.ts";

export const pause: Fault = {
  does: "pauses a processor on all nodes, or drains a node, and resumes it after a while",
  simulation: simulated({
    isUndrawn: true,
    draw({ random, nodes }) {
      const kind = pick(random, pausedKinds);
      const name = kind === "processor" ? pick(random, processorNames) : `n${random.below(nodes)}`;
      return { kind, name, ms: 10 + random.below(2_500) };
    },
    inject({ kind, name, ms }, { pauseFor, trace }) {
      void pauseFor({ kind, name }, ms).then((isNew) =>
        isNew && trace.recordEffect("pause", `${kind} ${name}`)
      );
    },
  }),
};
