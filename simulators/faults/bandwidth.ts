/** A thin line between a node and its backend. @module */
import { type Fault, pollUntil } from "./fault.ts";

const BYTES_PER_SECOND = 100_000;

export const bandwidth: Fault = {
  does: `lets ${
    BYTES_PER_SECOND / 1000
  } kB a second pass between a node and its backend, each way and connection`,
  testbed() {
    let before = 0;
    let bytes = 0;
    return {
      needs: "link",
      apply({ linkRules: [rules] }, signal) {
        before = rules!.throttled.bytes;
        rules!.bytesPerSecond = BYTES_PER_SECOND;
        return pollUntil(() => rules!.throttled.bytes > before, signal);
      },
      heal({ linkRules: [rules] }) {
        rules!.bytesPerSecond = Infinity;
        bytes = rules!.throttled.bytes - before;
      },
      tookEffect: () => bytes > 0 ? `${bytes} bytes went through the thin line` : undefined,
    };
  },
};
