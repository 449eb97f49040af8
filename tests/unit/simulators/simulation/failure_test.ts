import { assertEquals } from "@std/assert";
import { shrink } from "../../../../simulators/simulation/failure.ts";
import type { PlannedFault, SimulationPlan } from "../../../../simulators/simulation/plan.ts";
import { drawPlan } from "../../../../simulators/simulation/plan_generator.ts";

const expiries = (times: number[]): PlannedFault[] =>
  times.map((at) => ({ fault: "lease_expiry", at, parameters: { processor: "sorter", partition: 0 } }));

/** A plan with faults at these times. */
function planAt(times: number[]): SimulationPlan {
  return { ...drawPlan(1), faults: expiries(times) };
}

Deno.test("a failing plan shrinks to the faults that matter together", async () => {
  const times = ({ faults }: SimulationPlan) => faults.map(({ at }) => at);
  const fails = (plan: SimulationPlan) =>
    Promise.resolve([3, 8].every((needed) => times(plan).includes(needed)));
  const shrunk = await shrink(planAt([1, 2, 3, 4, 5, 6, 7, 8, 9]), fails);
  assertEquals(times(shrunk), [3, 8]);
});

Deno.test("a plan that fails without any fault shrinks to none", async () => {
  const shrunk = await shrink(planAt([1, 2, 3]), () => Promise.resolve(true));
  assertEquals(shrunk.faults, []);
});
