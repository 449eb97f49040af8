/** The clock of a node jumps, and jumps back. @module */
import { type Fault, simulated } from "./fault.ts";

const HOUR_MS = 3_600_000;

export const clockJump: Fault = {
  does: "sets the clock of a node an hour ahead, and back again",
  testbed() {
    let wrongMs = 0;
    return {
      needs: "process",
      async apply({ nodes }) {
        wrongMs = await nodes[0]!.order({ do: "clock", shiftMs: HOUR_MS });
      },
      async heal({ nodes }) {
        await nodes[0]!.order({ do: "clock", shiftMs: 0 });
      },
      tookEffect: () => wrongMs >= HOUR_MS - 1_000 ? `the clock was wrong by ${wrongMs / 1000} s` : undefined,
    };
  },
  // The clock of a node or of the store, forward or back, and for good.
  simulation: simulated({
    draw: ({ random, nodes }) => ({
      clock: random.chance(0.5) ? "store" : random.below(nodes),
      jumpMs: (random.chance(0.3) ? -1 : 1) * random.below(5_000),
    }),
    inject({ clock, jumpMs }, { nodes, storeClock, trace }) {
      if (clock === "store") storeClock.jumpedMs += jumpMs;
      else if (!nodes[Number(clock)]!.jumpClock(jumpMs)) return;
      trace.recordEffect("clock_jump", `${clock}`);
    },
  }),
};
