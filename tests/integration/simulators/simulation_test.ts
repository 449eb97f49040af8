import { assert, assertEquals } from "@std/assert";
import { Random } from "../../../simulators/cases/random.ts";
import { simulatedFaultNames } from "../../../simulators/faults/all.ts";
import {
  drawPlan,
  type PlannedFault,
  simulationOf,
  type SimulationPlan,
} from "../../../simulators/simulation/plan.ts";
import { renderFailure, shrinkRun } from "../../../simulators/simulation/failure.ts";
import { simulatePlan, type SimulationResult } from "../../../simulators/simulation/simulation.ts";
import { brokenMechanisms, lateCommits } from "../../support/broken_mechanisms.ts";
import { brokenPasses } from "../../support/broken_passes.ts";

const SCHEDULES = 2_000;

Deno.test(`${SCHEDULES} schedules of faults hold I1 to I8`, async () => {
  const effects = new Set<string>();
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const run = await simulatePlan(drawPlan(seed));
    if (run.breaches.length > 0) throw new Error(renderFailure(await shrinkRun(run)));
    for (const kind of run.effects.keys()) effects.add(kind);
  }
  assertEquals(effects, new Set<string>(simulatedFaultNames), "Every fault took effect");
});

const PAUSED_SCHEDULES = 150;

Deno.test("schedules of faults hold I1 to I8 while processors are paused and nodes drained beside them", async () => {
  let paused = 0;
  for (let seed = 1; seed <= PAUSED_SCHEDULES; seed++) {
    const run = await simulatePlan(withPauses(drawPlan(seed)));
    if (run.breaches.length > 0) throw new Error(renderFailure(await shrinkRun(run)));
    paused += run.effects.get("pause") ?? 0;
  }
  assert(paused > PAUSED_SCHEDULES, `${paused} pauses took effect`);
});

/** The plan with up to six pauses more. */
function withPauses(plan: SimulationPlan): SimulationPlan {
  const random = new Random(plan.seed, "pauses");
  const { draw } = simulationOf("pause");
  const pauses = Array.from({ length: 1 + random.below(6) }, (): PlannedFault => ({
    fault: "pause",
    at: random.below(Math.ceil(plan.loadMs * 1.3)),
    parameters: draw({ ...plan, random }),
  }));
  return { ...plan, faults: [...plan.faults, ...pauses].sort((a, b) => a.at - b.at) };
}

Deno.test("the same seed gives the same run, step by step", async () => {
  for (const seed of [3, 17, 166, 1076]) {
    const [once, again] = [await simulatePlan(drawPlan(seed)), await simulatePlan(drawPlan(seed))];
    assertEquals(again.trace, once.trace);
    assertEquals(again.hash, once.hash);
  }
});

Deno.test("different seeds give different runs", async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) hashes.add((await simulatePlan(drawPlan(seed))).hash);
  assertEquals(hashes.size, 20);
});

Deno.test("the globals are back after a simulation", async () => {
  const before = [Date, setTimeout, setInterval, Math.random, performance.now, crypto.randomUUID];
  await simulatePlan(drawPlan(1));
  const after = [Date, setTimeout, setInterval, Math.random, performance.now, crypto.randomUUID];
  assert(before.every((each, i) => each === after[i]));
});

Deno.test("a failure names its seed, its hash and the least that makes it fail", async () => {
  const { mutation } = brokenMechanisms.find(({ name }) => name === "retries that are forgotten")!;
  let seed = 0;
  let run: SimulationResult;
  do run = await simulatePlan(drawPlan(++seed), mutation); while (run.breaches.length === 0);
  const text = renderFailure(await shrinkRun(run, mutation));
  assert(text.startsWith(`Seed ${seed} fails (trace ${run.hash}): I`), text);
  assert(text.includes("Shrunk to 1 faults"), "one delivery that is retried is enough");
  assert(text.endsWith(`deno task simtest --seed ${seed}`), text);
});

Deno.test("transactions that commit late harm no reader that waits for them", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { breaches } = await simulatePlan(drawPlan(seed), lateCommits("safe"));
    assertEquals(breaches, [], `seed ${seed}`);
  }
});

/** Schedules in which each broken mechanism must show. */
const SOON = 200;

for (const { name, breaks, mutation } of [...brokenMechanisms, ...brokenPasses]) {
  Deno.test(`the simulation notices ${name} (${breaks})`, async () => {
    for (let seed = 1; seed <= SOON; seed++) {
      const { breaches } = await simulatePlan(drawPlan(seed), mutation);
      if (breaches.some((breach) => breach.split(":")[0]!.includes(breaks))) return;
    }
    throw new Error(`${SOON} schedules did not break ${breaks}`);
  });
}
