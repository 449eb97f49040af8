/** No fault: what everything else is compared with. @module */
import { type Fault, noHealing } from "./fault.ts";

export function noop(): Fault {
  return {
    name: "noop",
    does: "does nothing, so that a run without a fault can be told from one with",
    needs: "worker",
    signs: [],
    apply() {},
    heal: noHealing,
    tookEffect: () => "nothing was to be done",
  };
}
