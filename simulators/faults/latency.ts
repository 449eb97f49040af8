/** Every answer takes its time, and not always the same. @module */
import { type Fault, pollUntil } from "./fault.ts";

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
    signs: [],
    apply({ linkRules: [rules], random }, signal) {
      before = rules!.delayed.pieces;
      rules!.delayMs = () => LEAST_MS + random.uniform() * JITTER_MS;
      return pollUntil(() => rules!.delayed.pieces > before, signal);
    },
    heal({ linkRules: [rules] }) {
      rules!.delayMs = () => 0;
      pieces = rules!.delayed.pieces - before;
    },
    tookEffect: () => pieces > 0 ? `${pieces} pieces were delayed` : undefined,
  };
}
