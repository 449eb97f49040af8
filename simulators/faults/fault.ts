/**
 * The contract of a fault: its name, what it does, and how each level of proof makes it happen. A fault that a level
 * can't show, or shows no better than another, has no part there. @module
 */
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import type { RuntimeEventKind } from "../proof/history.ts";
import type { Random } from "../cases/random.ts";
import type { Testbed } from "../chaos/testbed/testbed.ts";
import type { PlainOccasion } from "../simulation/pending_faults.ts";
import { processorNames } from "../simulation/simulated_cases.ts";
import type { SimulatedTestbed } from "../simulation/simulated_testbed.ts";
import type { SimulationSettings } from "../simulation/simulation_context.ts";

/** One fault; `all.ts` has its name. The plan of a run decides when it happens, and whether at all. */
export interface Fault {
  /** What it does, in one sentence. */
  readonly does: string;
  /** On the testbed of chaos, made anew for each time that it is applied. */
  readonly testbed?: () => TestbedFault;
  readonly simulation?: SimulatedFault<FaultParameters>;
}

/** What a fault strikes; in memory there are workers and nothing else. */
type FaultNeeds = "worker" | "process" | "link" | "store" | "own_server";

/** A fault on real processes, networks and servers. */
export interface TestbedFault {
  readonly needs: FaultNeeds;
  /** The runtime has to make it visible by one of these (I8); left out where there is nothing to see. */
  readonly signs?: readonly RuntimeEventKind[];
  /** It may pass without any of these signs: it may strike the producer instead of the node, say. */
  readonly signsOptional?: true;
  /** It is over at once, and what it broke has to recover by itself. */
  readonly isInstant?: true;
  /** The partitions it strikes, where it spares others. */
  readonly affects?: (partition: number) => boolean;
  /** Makes it happen, at this moment; resolves when it has. */
  apply(testbed: Testbed, signal: AbortSignal, at: number): Promise<void> | void;
  /** Ends it, where it is not over by itself; resolves when it is over. Called once, also when `apply` failed. */
  heal?(testbed: Testbed): Promise<void> | void;
  /** What proves that it took effect, in words; undefined when nothing does, and then the run fails. */
  tookEffect(testbed: Testbed, at: number): string | undefined;
  /** The longest that a node took to answer a probe meanwhile, where the fault asks. */
  slowestProbeMs?(): number | undefined;
  /** What else it saw that must not be, in words. */
  problems?(): readonly string[];
}

/** Where and how a simulated fault strikes, as data: nodes count from 0, `ms` is how long it lasts. */
export type FaultParameters = Readonly<Record<string, string | number>>;

/** A fault in simulated time. Its evidence is in the trace, under its name. */
interface SimulatedFault<P extends FaultParameters> {
  /** It charges an attempt to deliveries that do no harm: a plan has fewer of these than a delivery has attempts. */
  readonly chargesInnocent?: true;
  /** It is in the load from the beginning, and drawn with this weight among others that are. */
  readonly loadWeight?: number;
  /** No seed draws it, so that the plans of seeds stay what they were; a plan may have it all the same. */
  readonly isUndrawn?: true;
  /** Draws where and how it strikes. */
  draw(space: DrawSpace): P;
  /** Makes it happen, or sees to it that it happens at the next occasion. */
  inject(parameters: P, testbed: SimulatedTestbed): void;
}

/** What the parameters of a fault are drawn from. */
export interface DrawSpace extends Pick<SimulationSettings, "nodes" | "partitions" | "cases"> {
  readonly random: Random;
}

/** Ties the parameters that are drawn to those that are injected. */
export function simulated<P extends FaultParameters>(fault: SimulatedFault<P>): SimulatedFault<P> {
  return fault;
}

function drawNode({ random, nodes }: DrawSpace) {
  return { node: random.below(nodes) };
}

export function drawNodeForAWhile({ random, nodes }: DrawSpace) {
  return { node: random.below(nodes), ms: 10 + random.below(2_500) };
}

/** A node, and which delivery of the next batch that one of its workers gets. */
export function drawDelivery({ random, nodes }: DrawSpace) {
  return { node: random.below(nodes), delivery: random.below(5) };
}

/** One mailbox. */
export function drawLease({ random, partitions }: DrawSpace) {
  return { processor: pick(random, processorNames), partition: random.below(partitions) };
}

/** One intake, and the processor that fails at it or at what follows from it. */
export function drawMark({ random, cases }: DrawSpace) {
  const [caseId, intakes] = pick(random, Object.entries(cases));
  return { caseId, n: 1 + random.below(intakes), processor: pick(random, processorNames) };
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}

/** Strikes a node at the next occasion of a kind. */
export function atNextOccasion(fault: string, occasion: PlainOccasion) {
  return simulated({
    draw: drawNode,
    inject: ({ node }, { nodes }) => nodes[node]!.pending.add(fault, occasion, true),
  });
}

const POLL_INTERVAL_MS = 5;
const POLL_TIMEOUT_MS = 60_000;

/** Resolves once a condition holds that nothing reports: it is checked every 5 ms, for at most a minute. */
export async function pollUntil(
  condition: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(POLL_TIMEOUT_MS)]);
  while (!late.aborted && !await condition()) await delayOrAbort(POLL_INTERVAL_MS, late);
}
