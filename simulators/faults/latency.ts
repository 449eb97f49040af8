/** Every answer takes its time, and not always the same. @module */
import { type Fault, untilSeen } from "./fault.ts";

const LEAST_MS = 20;
const JITTER_MS = 60;

export function latency(): Fault {
  let before = 0;
  let pieces = 0;
  return {
    name: "latency",
    does: `delays what passes between a node and its backend by ${LEAST_MS} to ${
      LEAST_MS + JITTER_MS
    } ms each way`,
    needs: "link",
    shownBy: [],
    apply({ conducts: [conduct], random }, signal) {
      before = conduct!.delayed.pieces;
      conduct!.delayMs = () => LEAST_MS + random.uniform() * JITTER_MS;
      return untilSeen(() => conduct!.delayed.pieces > before, signal);
    },
    heal({ conducts: [conduct] }) {
      conduct!.delayMs = () => 0;
      pieces = conduct!.delayed.pieces - before;
    },
    tookEffect: () => pieces > 0 ? `${pieces} pieces were delayed` : undefined,
  };
}
