import { assert, assertEquals } from "@std/assert";
import { drawSchedule } from "../../../simulators/simulation/plan_generator.ts";
import type { SimulatedFault, SimulationPlan } from "../../../simulators/simulation/fault.ts";
import { renderFailure, shrinkRun } from "../../../simulators/simulation/failure.ts";
import { shrink } from "../../../simulators/simulation/plan_shrinker.ts";
import { simulatePlan, type SimulationResult } from "../../../simulators/simulation/simulation.ts";
import { brokenMechanisms, lateCommits } from "../../support/broken_mechanisms.ts";

const SCHEDULES = 2_000;

Deno.test(`${SCHEDULES} schedules of faults hold I1 to I8`, async () => {
  const effects = new Set<string>();
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const run = await simulatePlan(drawSchedule(seed));
    if (run.breaches.length > 0) throw new Error(renderFailure(await shrinkRun(run)));
    for (const kind of run.effects.keys()) effects.add(kind);
  }
  const drawn = Array.from({ length: 500 }, (_, seed) => drawSchedule(seed).faults).flat();
  const kinds = new Set(drawn.map(({ kind }) => kind).filter((kind) => kind !== "poison"));
  assertEquals(effects, kinds as Set<string>, "Every kind of fault took effect");
});

Deno.test("the same seed gives the same run, step by step", async () => {
  for (const seed of [3, 17, 166, 1076]) {
    const [once, again] = [await simulatePlan(drawSchedule(seed)), await simulatePlan(drawSchedule(seed))];
    assertEquals(again.trace, once.trace);
    assertEquals(again.hash, once.hash);
  }
});

Deno.test("different seeds give different runs", async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) hashes.add((await simulatePlan(drawSchedule(seed))).hash);
  assertEquals(hashes.size, 20);
});

Deno.test("the globals are back after a simulation", async () => {
  const before = [Date, setTimeout, setInterval, Math.random, performance.now, crypto.randomUUID];
  await simulatePlan(drawSchedule(1));
  const after = [Date, setTimeout, setInterval, Math.random, performance.now, crypto.randomUUID];
  assert(before.every((each, i) => each === after[i]));
});

const expiries = (times: number[]): SimulatedFault[] =>
  times.map((at) => ({ kind: "expiry", at, processor: "sorter", partition: 0 }));

/** A schedule with faults at these times. */
function scheduleAt(times: number[]): SimulationPlan {
  return { ...drawSchedule(1), faults: expiries(times) };
}

Deno.test("a failing schedule shrinks to the faults that matter together", async () => {
  const times = ({ faults }: SimulationPlan) => faults.map((fault) => "at" in fault ? fault.at : -1);
  const fails = (schedule: SimulationPlan) =>
    Promise.resolve([3, 8].every((needed) => times(schedule).includes(needed)));
  const shrunk = await shrink(scheduleAt([1, 2, 3, 4, 5, 6, 7, 8, 9]), fails);
  assertEquals(times(shrunk), [3, 8]);
});

Deno.test("a schedule that fails without any fault shrinks to none", async () => {
  const shrunk = await shrink(scheduleAt([1, 2, 3]), () => Promise.resolve(true));
  assertEquals(shrunk.faults, []);
});

Deno.test("a failure names its seed, its hash and the least that makes it fail", async () => {
  const { mutation } = brokenMechanisms.find(({ name }) => name === "retries that are forgotten")!;
  let seed = 0;
  let run: SimulationResult;
  do run = await simulatePlan(drawSchedule(++seed), mutation); while (run.breaches.length === 0);
  const text = renderFailure(await shrinkRun(run, mutation));
  assert(text.startsWith(`Seed ${seed} fails (trace ${run.hash}): I`), text);
  assert(text.includes("Shrunk to 1 faults"), "one delivery that is retried is enough");
  assert(text.endsWith(`deno task simtest --seed ${seed}`), text);
});

Deno.test("transactions that commit late harm no reader that waits for them", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { breaches } = await simulatePlan(drawSchedule(seed), lateCommits("safe"));
    assertEquals(breaches, [], `seed ${seed}`);
  }
});

/** Schedules in which each broken mechanism must show. */
const SOON = 200;

for (const { name, breaks, mutation } of brokenMechanisms) {
  Deno.test(`the simulation notices ${name} (${breaks})`, async () => {
    for (let seed = 1; seed <= SOON; seed++) {
      const { breaches } = await simulatePlan(drawSchedule(seed), mutation);
      if (breaches.some((breach) => breach.split(":")[0]!.includes(breaks))) return;
    }
    throw new Error(`${SOON} schedules did not break ${breaks}`);
  });
}
