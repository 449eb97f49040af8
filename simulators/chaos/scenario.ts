/** A scenario: a plan of faults as data, with what is expected of the runtime meanwhile. @module */
import { z } from "zod";
import { faults, testbedFaultNames } from "../faults/all.ts";
import type { Fault } from "../faults/fault.ts";
import type { BackendName } from "./testbed/testbed.ts";

const share = z.number().min(0).max(1);

/** One fault on the timeline. Times are shares of the run, so that a plan can be long or short. */
const step = z.strictObject({
  fault: z.enum(testbedFaultNames),
  at: share.default(0.3),
  until: share.default(0.6),
  /** It lasts at least this many milliseconds, however short the run. */
  leastMs: z.int().min(0).default(0),
  /** How often it happens, evenly between `at` and `until`. */
  times: z.int().min(1).max(20).default(1),
  /** It happens with this probability, drawn by the seed. */
  chance: share.default(1),
});

export const scenarioSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z_]*$/),
  /** What it shows, in a sentence. */
  about: z.string().min(1),
  nodes: z.int().min(1).max(3).default(1),
  /** Nodes run under guardians. */
  guarded: z.boolean().default(false),
  /** Nodes have a heap that can be filled within a second. */
  smallHeap: z.boolean().default(false),
  /** The backends it can be played on, where the faults themselves leave more than one. */
  backends: z.array(z.enum(["postgres", "nats", "memory"])).default(["postgres", "nats", "memory"]),
  timeline: z.array(step).min(1),
  expect: z.strictObject({
    /** From the end of a fault (or from its moment, if it is over at once) to the first settled batch. */
    recoverMs: z.int().min(1).optional(),
    /** From a fault to its first sign. */
    detectMs: z.int().min(1).optional(),
  }).default({}),
});

export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioPlan = z.input<typeof scenarioSchema>;
export type TimelineStep = Scenario["timeline"][number];

/** Why a scenario can't be played on a backend; undefined when it can. */
export function unsupportedReason(
  scenario: Scenario,
  backend: BackendName,
  serverIsManaged: boolean,
): string | undefined {
  // A compiled program takes no V8 flags: a thread would fill gigabytes before its process died.
  if (scenario.smallHeap && Deno.build.standalone) {
    return "only a node that runs from source has a small heap";
  }
  if (!scenario.backends.includes(backend)) return `it is not made for ${backend}`;
  const needs = needsOf(scenario);
  if (backend === "memory" && needs.some((need) => need !== "worker")) {
    return "in memory there is no process, network or server to strike";
  }
  if (needs.includes("own_server") && !serverIsManaged) return "a server named by --url is never killed";
  return undefined;
}

/** Whether its server has to be one that no other scenario uses meanwhile. */
export function needsOwnServer(scenario: Scenario): boolean {
  return needsOf(scenario).includes("own_server");
}

function needsOf({ timeline }: Scenario) {
  return timeline.map(({ fault }) => (faults[fault] as Fault).testbed!().needs);
}
