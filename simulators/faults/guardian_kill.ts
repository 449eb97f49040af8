/** A guardian dies: its node notices, and ends in order. @module */
import type { Fault } from "./fault.ts";

export const guardianKill: Fault = {
  does: "kills the guardian of a node (kill -9): the node then ends by itself, and another takes over",
  testbed: () => ({
    needs: "process",
    signs: ["takeover"],
    isInstant: true,
    async apply({ nodes, recorder }, signal, at) {
      nodes[0]!.killGuardian();
      await recorder.waitUntil(() => recorder.observedSince(at, "takeover").length > 0, 15_000, signal);
    },
    tookEffect({ recorder }, at) {
      const taken = recorder.observedSince(at, "takeover").length;
      return taken > 0 ? `another node took over ${taken} mailboxes` : undefined;
    },
  }),
};
