/** A lease runs out before its time. @module */
import { drawLease, type Fault, simulated } from "./fault.ts";

export const leaseExpiry: Fault = {
  does: "ends a lease while its owner has work in hand",
  simulation: simulated({
    draw: drawLease,
    inject({ processor, partition }, { expireLease, trace }) {
      trace.recordEffect("lease_expiry", `${processor} ${partition}`);
      expireLease(processor, partition);
    },
  }),
};
