/** Dead letters are redriven before their cause is repaired. @module */
import { type Fault, simulated } from "./fault.ts";

export const prematureRedrive: Fault = {
  does: "redrives every dead letter though nothing was repaired",
  simulation: simulated({
    draw: () => ({}),
    inject(_, { redriveAll, trace }) {
      void redriveAll().then((count) => count > 0 && trace.recordEffect("premature_redrive", `of ${count}`));
    },
  }),
};
