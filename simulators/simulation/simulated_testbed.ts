/** The testbed of a simulation: what its nodes share, and what faults can do to it. @module */
import type { Observer } from "../../actors/observer.ts";
import type { SpawnWorker } from "../../actors/pool/spawn_worker.ts";
import type { Backend } from "../../backends/backend.ts";
import type { MemoryStore } from "../../backends/memory/memory_store.ts";
import type { Random } from "../cases/random.ts";
import type { Recorder } from "../proof/recorder.ts";
import type { ReportSink } from "../proof/run_report.ts";
import type { Producers } from "./producers.ts";
import type { FailureControls } from "./simulated_cases.ts";
import type { SimulatedNode } from "./simulated_node.ts";
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

/** What can be cut off from the store. */
interface Disconnectable {
  cut(): void;
  heal(): void;
}

/** What a simulated fault strikes. */
export interface SimulatedTestbed extends SimulationContext {
  readonly nodes: readonly SimulatedNode[];
  readonly producers: Producers;
  disconnectFor(ms: number, end: Disconnectable): void;
  /** Gives a lease that is held to an owner that does nothing with it; false when none holds it. */
  stealLease(processor: string, partition: number, ms: number): boolean;
  expireLease(processor: string, partition: number): void;
  /** Redrives every dead letter, as an operator does; returns how many. */
  redriveAll(): Promise<number>;
}

/** The sink of one life of a node: into the trace, and into the history. */
export function reporterOf({ trace, recorder }: SimulationContext, node: string): ReportSink {
  return (report) => {
    trace.recordReport(node, report);
    recorder.receive({ node, life: node }, report);
    return Promise.resolve();
  };
}

/** The testbed; `reader` reads the store past all networks. */
export function createSimulatedTestbed(
  context: SimulationContext,
  nodes: readonly SimulatedNode[],
  producers: Producers,
  reader: Backend,
): SimulatedTestbed {
  const { time, store, storeClock, recorder } = context;
  const leaseOf = (processor: string, partition: number) => store.leases.of(processor)[partition]!;
  const expireLease = (processor: string, partition: number, ms = 0) => {
    leaseOf(processor, partition).leaseUntil = storeClock.now() + ms;
    store.leases.notifyOthers("rogue");
  };
  return {
    ...{ ...context, nodes, producers, expireLease },
    disconnectFor(ms, end) {
      end.cut();
      time.after(ms, time.outside, () => end.heal());
    },
    stealLease(processor, partition, ms) {
      const lease = leaseOf(processor, partition);
      if (lease.owner === null) return false;
      Object.assign(lease, { owner: "rogue", epoch: lease.epoch + 1 });
      const { epoch } = lease;
      void reporterOf(context, "rogue")({
        kind: "lease_acquired",
        processor,
        partition,
        epoch,
        at: time.now,
      });
      expireLease(processor, partition, ms);
      return true;
    },
    async redriveAll() {
      const letters = await reader.deadLetters.list({ limit: 10_000 });
      recorder.redriven.push(...letters.map(({ processor, event }) => `${processor}/${event.position}`));
      return await reader.deadLetters.redrive({ limit: 10_000 }, { by: "simulation", why: "redriven" });
    },
  };
}
