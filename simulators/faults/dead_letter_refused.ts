/** A dead letter can't be written. @module */
import { BackendUnavailable } from "../../backends/errors.ts";
import { type Fault, simulated } from "./fault.ts";

export const deadLetterRefused: Fault = {
  does: "makes the store fail when the next dead letter is to be written",
  simulation: simulated({
    draw: () => ({}),
    inject(_, { store, trace }) {
      store.faults.deadLetterWrite = () => {
        delete store.faults.deadLetterWrite;
        trace.recordEffect("dead_letter_refused", "store");
        throw new BackendUnavailable("simulated: the dead letter can't be written");
      };
    },
  }),
};
