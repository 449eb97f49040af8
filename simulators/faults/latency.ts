/** Every answer takes its time, and not always the same. @module */
import type { Fault } from "./fault.ts";

const LEAST_MS = 20;
const JITTER_MS = 60;

export function latency(): Fault {
  let pieces = 0;
  return {
    name: "latency",
    does: `delays what passes between a node and its backend by ${LEAST_MS} to ${
      LEAST_MS + JITTER_MS
    } ms each way`,
    needs: "link",
    shownBy: [],
    apply({ conducts, random }) {
      pieces = -conducts[0]!.delayed.pieces;
      conducts[0]!.delayMs = () => LEAST_MS + random.uniform() * JITTER_MS;
    },
    heal({ conducts }) {
      conducts[0]!.delayMs = () => 0;
      pieces += conducts[0]!.delayed.pieces;
    },
    tookEffect: () => pieces > 0 ? `${pieces} pieces were delayed` : undefined,
  };
}
