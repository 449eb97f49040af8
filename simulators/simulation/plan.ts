/** The plan of a simulation, as data: what is run, and which faults strike it when; drawn from a seed. @module */
import { Random } from "../cases/random.ts";
import { type FaultName, faults, simulatedFaultNames } from "../faults/all.ts";
import { type DrawSpace, type Fault, type FaultParameters, pick } from "../faults/fault.ts";
import { MAX_ATTEMPTS } from "../proof/history.ts";
import type { SimulationSettings } from "./simulation_context.ts";

/** A fault that strikes once, at a time in milliseconds since the start. */
export interface PlannedFault {
  readonly fault: FaultName;
  readonly at: number;
  readonly parameters: FaultParameters;
}

/** What is run: everything that is not in here follows from the seed. */
export interface SimulationPlan extends SimulationSettings {
  readonly faults: readonly PlannedFault[];
}

/** How the simulation makes a fault happen. */
export function simulationOf(name: FaultName): NonNullable<Fault["simulation"]> {
  const { simulation }: Fault = faults[name];
  if (simulation === undefined) throw new Error(`The simulation has no ${name}`);
  return simulation;
}

/** A fault in one line. */
export function describeFault({ fault, at, parameters }: PlannedFault): string {
  const facts = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return `at ${at} ms: ${[fault, ...facts].join(", ")}`;
}

/** Fewer than the attempts of a delivery that failed once by itself, so that no innocent one becomes a dead letter. */
const MAX_CHARGING_INNOCENT = MAX_ATTEMPTS - 2;

/** Most plans have a few faults of a few kinds, and some have many of many. */
const FEW = { faults: 7, kinds: 4 };
const MANY = { faults: 40, kinds: 12 };
const MANY_SHARE = 0.05;

const PASSES_SHARE = 0.75;

const loadWeight = (name: FaultName) => simulationOf(name).loadWeight ?? 0;
const loadFaults = simulatedFaultNames.flatMap((name) => Array<FaultName>(loadWeight(name)).fill(name));
const timedFaults = simulatedFaultNames.filter((name) => loadWeight(name) === 0);

/** The plan of a seed: the same one at every call. */
export function drawPlan(seed: number): SimulationPlan {
  const random = new Random(seed, "schedule");
  const nodes = 1 + random.below(3);
  const partitions = 1 + random.below(3);
  const loadMs = 200 + random.below(1_500);
  const cases = Object.fromEntries(
    Array.from({ length: 2 + random.below(4) }, (_, i) => [`case-${i}`, 1 + random.below(5)]),
  );
  const space = { random, nodes, partitions, cases };
  return {
    seed,
    nodes,
    workers: 1 + random.below(2),
    partitions,
    prefetch: 1 + random.below(3),
    batchSize: 1 + random.below(6),
    batchBytes: 700 + random.below(4_000),
    leaseMs: 300 + random.below(1_200),
    passes: new Random(seed, "passes").chance(PASSES_SHARE),
    cases,
    loadMs,
    faults: [...drawLoadFaults(space), ...drawTimedFaults(space, loadMs)],
  };
}

/** None, or a few, each at another delivery. */
function drawLoadFaults(space: DrawSpace): PlannedFault[] {
  const found = new Map<string, PlannedFault>();
  for (let left = space.random.below(3); left > 0; left--) {
    const fault = pick(space.random, loadFaults);
    const parameters = simulationOf(fault).draw(space);
    found.set(`${parameters.caseId}/${parameters.n}`, { fault, at: 0, parameters });
  }
  return [...found.values()];
}

/** Some kinds a plan, so that some plans have much of one thing. */
function drawTimedFaults(space: DrawSpace, loadMs: number): PlannedFault[] {
  const { random } = space;
  const most = random.chance(MANY_SHARE) ? MANY : FEW;
  const kinds = Array.from({ length: 1 + random.below(most.kinds) }, () => pick(random, timedFaults));
  const faults: PlannedFault[] = [];
  let charging = 0;
  for (let left = random.below(most.faults + 1); left > 0; left--) {
    const fault = pick(random, kinds);
    const { chargesInnocent, draw } = simulationOf(fault);
    if (chargesInnocent && ++charging > MAX_CHARGING_INNOCENT) continue;
    faults.push({ fault, at: random.below(Math.ceil(loadMs * 1.3)), parameters: draw(space) });
  }
  return faults.sort((a, b) => a.at - b.at);
}
