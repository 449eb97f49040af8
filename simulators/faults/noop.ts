/** No fault: what everything else is compared with. @module */
import { type Fault, noHealing, type TestbedFault } from "./fault.ts";

export const noop: Fault = {
  name: "noop",
  does: "does nothing: the run that every other is compared with",
  testbed: testbedFault,
};

function testbedFault(): TestbedFault {
  return {
    needs: "worker",
    signs: [],
    apply() {},
    heal: noHealing,
    tookEffect: () => "nothing was to be done",
  };
}
