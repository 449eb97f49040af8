/** A scenario: a plan of faults as data, with what is expected of the runtime meanwhile. @module */
import { type FaultName, faults } from "../faults/all.ts";
import type { Fault } from "../faults/fault.ts";
import type { BackendName } from "./testbed/testbed.ts";

/** One fault on the timeline. Times are shares of the run, so that a plan can be long or short. */
export interface TimelineStep {
  readonly fault: FaultName;
  readonly at: number;
  readonly until: number;
  /** It lasts at least this many milliseconds, however short the run. */
  readonly leastMs: number;
  /** How often it happens, evenly between `at` and `until`. */
  readonly times: number;
  /** It happens with this probability, drawn by the seed. */
  readonly chance: number;
}

export interface Scenario {
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly about: string;
  readonly nodes: number;
  /** Nodes run under guardians. */
  readonly guarded: boolean;
  /** Nodes have a heap that can be filled within a second. */
  readonly smallHeap: boolean;
  /** The backends it can be played on, where the faults themselves leave more than one. */
  readonly backends: readonly BackendName[];
  readonly timeline: readonly TimelineStep[];
  /** In milliseconds. */
  readonly expect: {
    /** From the end of a fault (or from its moment, if it is over at once) to the first settled batch. */
    readonly recoverMs?: number;
    /** From a probe to its answer. */
    readonly probeMs?: number;
  };
}

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
