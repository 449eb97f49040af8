/** A failing schedule as people and programs are told of it. @module */
import { describeFault, type SimulationPlan } from "./fault.ts";
import type { Mutation } from "./mutation.ts";
import { shrink } from "./plan_shrinker.ts";
import { simulatePlan, type SimulationResult } from "./simulation.ts";

/** What failed, and the least that makes it fail. */
export interface FailedSchedule {
  readonly seed: number;
  readonly hash: string;
  readonly breaches: readonly string[];
  /** The schedule with the fewest faults that still breaks one of the same invariants. */
  readonly shrunk: SimulationPlan;
  readonly shrunkBreaches: readonly string[];
}

/** Shrinks a run that failed. */
export async function shrinkRun(run: SimulationResult, mutation: Mutation = {}): Promise<FailedSchedule> {
  const kinds = kindsOf(run.breaches);
  let least = run;
  const shrunk = await shrink(run.schedule, async (schedule) => {
    const again = await simulatePlan(schedule, mutation);
    const same = [...kindsOf(again.breaches)].some((kind) => kinds.has(kind));
    if (same) least = again;
    return same;
  });
  const { schedule: { seed }, hash, breaches } = run;
  return { seed, hash, breaches, shrunk, shrunkBreaches: least.breaches };
}

/** The invariants that breaches begin with; a bug is a kind of its own. */
function kindsOf(breaches: readonly string[]): Set<string> {
  return new Set(breaches.map((breach) => breach.split(/[: ]/)[0]!));
}

/** A failure in a few lines. */
export function renderFailure({ seed, hash, breaches, shrunk, shrunkBreaches }: FailedSchedule): string {
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
