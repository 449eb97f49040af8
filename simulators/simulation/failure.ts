/** A plan that fails, shrunk to the fewest faults that still fail (delta debugging, Zeller's ddmin), and in words. @module */
import { describeFault, type PlannedFault, type SimulationPlan } from "./plan.ts";
import type { Mutation } from "./simulation_context.ts";
import { simulatePlan, type SimulationResult } from "./simulation.ts";

/** What failed, and the least that makes it fail. */
export interface FailedPlan {
  readonly seed: number;
  readonly hash: string;
  readonly breaches: readonly string[];
  /** The plan with the fewest faults that still breaks one of the same invariants. */
  readonly shrunk: SimulationPlan;
  readonly shrunkBreaches: readonly string[];
}

/** Shrinks a run that failed. */
export async function shrinkRun(run: SimulationResult, mutation: Mutation = {}): Promise<FailedPlan> {
  const kinds = kindsOf(run.breaches);
  let least = run;
  const shrunk = await shrink(run.plan, async (plan) => {
    const again = await simulatePlan(plan, mutation);
    const same = [...kindsOf(again.breaches)].some((kind) => kinds.has(kind));
    if (same) least = again;
    return same;
  });
  const { plan: { seed }, hash, breaches } = run;
  return { seed, hash, breaches, shrunk, shrunkBreaches: least.breaches };
}

function kindsOf(breaches: readonly string[]): Set<string> {
  return new Set(breaches.map((breach) => breach.split(":")[0]!));
}

/** A failure in a few lines. */
export function renderFailure({ seed, hash, breaches, shrunk, shrunkBreaches }: FailedPlan): string {
  const { nodes, workers, partitions, cases, faults } = shrunk;
  const intakes = Object.values(cases).reduce((sum, n) => sum + n, 0);
  return [
    `Seed ${seed} fails (trace ${hash}): ${firstLine(breaches[0]!)}`,
    ...breaches.slice(1, 4).map((breach) => `  ${firstLine(breach)}`),
    `Shrunk to ${faults.length} faults, with ${nodes} nodes of ${workers} workers, ${partitions} partitions, ` +
    `${intakes} intakes of ${Object.keys(cases).length} cases:`,
    ...faults.map((fault) => `  ${describeFault(fault)}`),
    ...shrunkBreaches.slice(0, 4).map((breach) => `  then ${firstLine(breach)}`),
    `Replay it: deno task simtest --seed ${seed}`,
  ].join("\n");
}

function firstLine(text: string): string {
  return text.split("\n")[0]!;
}

/** Tries at most; what is left then may not be the least. */
const MAX_RUNS = 400;

/** The plan with the fewest faults of which `fails` still holds: without any one of them it would not fail. */
export async function shrink(
  plan: SimulationPlan,
  fails: (plan: SimulationPlan) => Promise<boolean>,
): Promise<SimulationPlan> {
  let faults = plan.faults;
  let parts = 2;
  for (let tries = 0; faults.length > 0 && tries < MAX_RUNS;) {
    const without = complements(faults, parts);
    let next: readonly PlannedFault[] | undefined;
    for (const fewer of without) {
      tries++;
      if (await fails({ ...plan, faults: fewer })) {
        next = fewer;
        break;
      }
    }
    if (next === undefined && parts >= faults.length) break;
    parts = next === undefined ? Math.min(2 * parts, faults.length) : Math.max(parts - 1, 2);
    faults = next ?? faults;
  }
  return { ...plan, faults };
}

/** Everything but one part, for each part. */
function complements(faults: readonly PlannedFault[], parts: number): PlannedFault[][] {
  const size = Math.ceil(faults.length / Math.max(1, parts));
  const found: PlannedFault[][] = [];
  for (let start = 0; start < faults.length; start += size) {
    found.push([...faults.slice(0, start), ...faults.slice(start + size)]);
  }
  return found;
}
