/** No fault: what everything else is compared with. @module */
import type { Fault } from "./fault.ts";

export const noop: Fault = {
  does: "does nothing: the run that every other is compared with",
  testbed: () => ({
    needs: "worker",
    apply() {},
    tookEffect: () => "nothing was to be done",
  }),
};
