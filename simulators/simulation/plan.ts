/** The plan of a simulation, as data: what is run, and which faults strike it when. @module */
import { type FaultName, faults } from "../faults/all.ts";
import type { Fault, FaultParameters } from "../faults/fault.ts";
import type { SimulationSettings } from "./simulated_testbed.ts";

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
