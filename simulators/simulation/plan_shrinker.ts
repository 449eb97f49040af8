/** Shrinks a failing schedule to the fewest faults that still fail: delta debugging (Zeller's ddmin). @module */
import type { SimulatedFault, SimulationPlan } from "./fault.ts";

/** Tries at most; what is left then may not be the least. */
const MAX_RUNS = 400;

/** The schedule with the fewest faults of which `fails` still holds: without any one of them it would not fail. */
export async function shrink(
  schedule: SimulationPlan,
  fails: (schedule: SimulationPlan) => Promise<boolean>,
): Promise<SimulationPlan> {
  let faults = schedule.faults;
  let parts = 2;
  for (let tries = 0; faults.length > 0 && tries < MAX_RUNS;) {
    const without = complements(faults, parts);
    let next: readonly SimulatedFault[] | undefined;
    for (const fewer of without) {
      tries++;
      if (await fails({ ...schedule, faults: fewer })) {
        next = fewer;
        break;
      }
    }
    if (next === undefined && parts >= faults.length) break;
    parts = next === undefined ? Math.min(2 * parts, faults.length) : Math.max(parts - 1, 2);
    faults = next ?? faults;
  }
  return { ...schedule, faults };
}

/** Everything but one part, for each of so many parts. */
function complements(faults: readonly SimulatedFault[], parts: number): SimulatedFault[][] {
  const size = Math.ceil(faults.length / Math.max(1, parts));
  const found: SimulatedFault[][] = [];
  for (let start = 0; start < faults.length; start += size) {
    found.push([...faults.slice(0, start), ...faults.slice(start + size)]);
  }
  return found;
}
