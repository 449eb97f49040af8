/** Producers and clients that are careless or mean harm. @module */
import { HostileRun } from "../chaos/hostile/hostile_run.ts";
import { type Fault, simulated, type TestbedFault } from "./fault.ts";

/** The most that a node of chaos may have, in megabytes: it has 190 to 230 without any of this, and 330 with it. */
const MAX_MEMORY_MB = 600;
const MOST_EVENTS = 40;

export const hostileProducers: Fault = {
  does:
    "sends garbage, floods, taken ids and oversized events by every way in, and holds out on a node's HTTP server",
  testbed: testbedFault,
  simulation: simulated({
    draw: ({ random }) => ({ events: 1 + random.below(MOST_EVENTS) }),
    inject: ({ events }, { producers }) => producers.sendHostile("hostile_producers", events),
  }),
};

function testbedFault(): TestbedFault {
  const run = new HostileRun();
  return {
    needs: "store",
    signs: ["dead_letter"],
    isInstant: true,
    apply: (testbed, signal) => run.play(testbed, signal),
    tookEffect: () => run.proof,
    slowestProbeMs: () => run.slowestProbeMs,
    problems: () => [...run.problems, ...memoryProblems(run)],
  };
}

function memoryProblems({ peakMemoryMb = 0 }: HostileRun): string[] {
  if (peakMemoryMb <= MAX_MEMORY_MB) return [];
  return [`the node had ${Math.round(peakMemoryMb)} MB, at most ${MAX_MEMORY_MB} may be`];
}
