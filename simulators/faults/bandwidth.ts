/** A thin line between a node and its backend. @module */
import { type Fault, untilSeen } from "./fault.ts";

const BYTES_PER_SECOND = 100_000;

export function bandwidth(): Fault {
  let before = 0;
  let bytes = 0;
  return {
    name: "bandwidth",
    does: `lets ${
      BYTES_PER_SECOND / 1000
    } kB a second pass between a node and its backend, each way and connection`,
    needs: "link",
    shownBy: [],
    apply({ conducts: [conduct] }, signal) {
      before = conduct!.thinned.bytes;
      conduct!.bytesPerSecond = BYTES_PER_SECOND;
      return untilSeen(() => conduct!.thinned.bytes > before, signal);
    },
    heal({ conducts: [conduct] }) {
      conduct!.bytesPerSecond = Infinity;
      bytes = conduct!.thinned.bytes - before;
    },
    tookEffect: () => bytes > 0 ? `${bytes} bytes went through the thin line` : undefined,
  };
}
