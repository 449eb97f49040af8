/** What the nodes and producers of a simulation share. @module */
import type { Observer } from "../../actors/observer.ts";
import type { SpawnWorker } from "../../actors/pool/spawn_worker.ts";
import type { Backend } from "../../backends/backend.ts";
import type { MemoryStore } from "../../backends/memory/memory_store.ts";
import type { Random } from "../cases/random.ts";
import type { Recorder } from "../proof/recorder.ts";
import type { ReportSink } from "../proof/run_report.ts";
import type { FailureControls } from "./simulated_cases.ts";
import type { SimulatedTime } from "./simulated_time.ts";
import type { SimulatedStoreClock } from "./store_clock.ts";
import type { Trace } from "./trace.ts";

/** A run but for its faults. */
export interface SimulationSettings {
  readonly seed: number;
  readonly nodes: number;
  readonly workers: number;
  readonly partitions: number;
  readonly prefetch: number;
  readonly batchSize: number;
  readonly batchBytes: number;
  readonly leaseMs: number;
  /** Whether the processors of a partition go in passes. */
  readonly passes: boolean;
  /** For each case, how many intakes it has. */
  readonly cases: Readonly<Record<string, number>>;
  /** The intakes come over this time. */
  readonly loadMs: number;
}

/** What a test breaks on purpose, to see whether the simulation notices; what is left out stays as it is. */
export interface Mutation {
  /** The store itself, for nodes and producers. */
  readonly store?: (store: MemoryStore) => MemoryStore;
  /** The backend of a node, on its side of the network. */
  readonly backend?: (backend: Backend) => Backend;
  readonly spawn?: (spawn: SpawnWorker) => SpawnWorker;
  readonly observer?: (observer: Observer) => Observer;
}

/** What all nodes and producers of a simulation share. */
export interface SimulationContext {
  readonly settings: SimulationSettings;
  readonly time: SimulatedTime;
  readonly random: Random;
  readonly trace: Trace;
  readonly recorder: Recorder;
  readonly store: MemoryStore;
  readonly storeClock: SimulatedStoreClock;
  readonly failures: Omit<FailureControls, "exit">;
  readonly mutation: Mutation;
}

/** The sink of one life of a node: into the trace, and into the history. */
export function reporterOf({ trace, recorder }: SimulationContext, node: string): ReportSink {
  return (report) => {
    trace.recordReport(node, report);
    recorder.receive({ node, life: node }, report);
    return Promise.resolve();
  };
}
