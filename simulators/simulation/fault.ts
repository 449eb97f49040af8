/** Faults and schedules of a simulation, as data: what goes wrong, when, and where. @module */

/** How a delivery ends what handles it: its worker with an error or without a word, or the whole node. */
export type AbruptExit = "kill" | "hang" | "kill_node";

/** What a delivery does to its handler, at every attempt until somebody mends it. `flaky`: at the first one only. */
export type SimulatedFailure = "throw" | "flaky" | "reject" | AbruptExit;

/** The processors of a simulation. */
export const processorNames = ["sorter", "answerer"] as const;
type ProcessorName = typeof processorNames[number];

/** A delivery that does harm: intake `n` of a case, or what follows from it. */
export interface PoisonFault {
  readonly kind: "poison";
  readonly caseId: string;
  readonly n: number;
  readonly processor: ProcessorName;
  readonly act: SimulatedFailure;
}

/** Faults of several kinds with the same facts. */
type Each<K extends string, Facts> = K extends string ? { readonly kind: K } & Facts : never;

/** Something that happens at a time (milliseconds since the start), once. Nodes count from 0. */
export type TimedFault =
  & { readonly at: number }
  & (
    /** The worker that takes the node's next batch ends at this delivery: with an error, or without a word. */
    | Each<"crash" | "hang", { readonly node: number; readonly delivery: number }>
    /** The node's next worker does not start: it throws when it is made, says so, or says nothing. */
    | { readonly kind: "start_failure"; readonly node: number; readonly how: "throws" | "error" | "silent" }
    /** The node's next batch takes longer. */
    | { readonly kind: "slow"; readonly node: number; readonly ms: number }
    /** The node's next worker to answer has a heap above its ceiling. */
    | { readonly kind: "grown"; readonly node: number }
    /** The next answer is one that nobody asked for. */
    | { readonly kind: "nonsense"; readonly node: number }
    /** Somebody else, who does nothing with it, holds a lease for so long. */
    | {
      readonly kind: "theft";
      readonly processor: ProcessorName;
      readonly partition: number;
      readonly ms: number;
    }
    /** A lease runs out now. */
    | { readonly kind: "expiry"; readonly processor: ProcessorName; readonly partition: number }
    /** The node dies with all it remembers, and another takes its place after so long. */
    | { readonly kind: "node_kill"; readonly node: number; readonly ms: number }
    /** The node stands still and then goes on, as after SIGSTOP and SIGCONT. */
    | { readonly kind: "node_stop"; readonly node: number; readonly ms: number }
    /** The node is asked to stop, in order, and another takes its place. */
    | { readonly kind: "node_restart"; readonly node: number; readonly ms: number }
    /** Nothing comes through between the node and the store. */
    | { readonly kind: "partition"; readonly node: number; readonly ms: number }
    /** Nothing comes through between anybody and the store. */
    | { readonly kind: "backend_away"; readonly ms: number }
    /** The node's next settlement does not arrive, or is applied and the answer lost. */
    | Each<"lost_request" | "lost_reply", { readonly node: number }>
    /** The node's next batch is delivered again after it was settled. */
    | { readonly kind: "duplicate"; readonly node: number }
    /** Messages between the node and the store take up to so much longer, each another time. */
    | { readonly kind: "delay"; readonly node: number; readonly ms: number; readonly extraMs: number }
    /** A clock jumps: a node's, or the store's. */
    | { readonly kind: "clock_jump"; readonly node: number | "store"; readonly ms: number }
    /** A person redrives what is dead, though nobody has mended it. */
    | { readonly kind: "redrive" }
    /** The next dead letter can't be written. */
    | { readonly kind: "dead_letter_unwritten" }
  );

export type SimulatedFault = PoisonFault | TimedFault;

/** What is run: everything that is not in here follows from the seed. */
export interface SimulationPlan {
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
  /** The intakes come over so many milliseconds. */
  readonly loadMs: number;
  readonly faults: readonly SimulatedFault[];
}

/** A fault in one line. */
export function describeFault(fault: SimulatedFault): string {
  if (fault.kind === "poison") {
    return `${fault.act} in ${fault.processor} at intake ${fault.n} of ${fault.caseId}`;
  }
  const { at, kind, ...rest } = fault;
  const facts = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return `at ${at} ms: ${[kind, ...facts].join(", ")}`;
}
