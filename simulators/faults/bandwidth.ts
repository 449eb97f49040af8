/** A thin line between a node and its backend. @module */
import type { Fault } from "./fault.ts";

const BYTES_PER_SECOND = 100_000;

export function bandwidth(): Fault {
  let bytes = 0;
  return {
    name: "bandwidth",
    does: `lets ${
      BYTES_PER_SECOND / 1000
    } kB a second pass between a node and its backend, each way and connection`,
    needs: "link",
    shownBy: [],
    apply({ conducts }) {
      bytes = -conducts[0]!.thinned.bytes;
      conducts[0]!.bytesPerSecond = BYTES_PER_SECOND;
    },
    heal({ conducts }) {
      conducts[0]!.bytesPerSecond = Infinity;
      bytes += conducts[0]!.thinned.bytes;
    },
    tookEffect: () => bytes > 0 ? `${bytes} bytes went through the thin line` : undefined,
  };
}
