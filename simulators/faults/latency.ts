/** Every answer takes its time, and not always the same. @module */
import { drawNodeForAWhile, type Fault, pollUntil, simulated } from "./fault.ts";

const LEAST_MS = 20;
const JITTER_MS = 60;

export const latency: Fault = {
  does: `delays what passes between a node and its backend by ${LEAST_MS} to ${
    LEAST_MS + JITTER_MS
  } ms each way`,
  testbed() {
    let before = 0;
    let pieces = 0;
    return {
      needs: "link",
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
  },
  // Messages of a node overtake each other.
  simulation: simulated({
    draw: (space) => ({ ...drawNodeForAWhile(space), extraMs: 5 + space.random.below(200) }),
    inject({ node, ms, extraMs }, { nodes, time, trace }) {
      trace.recordEffect("latency", `n${node}`);
      nodes[node]!.delay(extraMs);
      time.after(ms, time.outside, () => nodes[node]!.delay(0));
    },
  }),
};
