/** The clock of a node jumps, and jumps back. @module */
import type { Fault } from "./fault.ts";

const HOUR_MS = 3_600_000;

export function clockJump(): Fault {
  let wrongMs = 0;
  return {
    name: "clock_jump",
    does: "sets the clock of a node an hour ahead, and back again",
    needs: "process",
    signs: [],
    async apply({ nodes }) {
      wrongMs = await nodes[0]!.order({ do: "clock", shiftMs: HOUR_MS });
    },
    async heal({ nodes }) {
      await nodes[0]!.order({ do: "clock", shiftMs: 0 });
    },
    tookEffect: () => wrongMs >= HOUR_MS - 1_000 ? `the clock was wrong by ${wrongMs / 1000} s` : undefined,
  };
}
