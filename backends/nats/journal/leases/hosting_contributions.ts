/** Processors that come to a lease, leave it, or are leased alone, each as a part of the next record. @module */
import type { Hosted } from "../../../mailbox/lease_store.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { RecordPlan } from "../partition/record_plan.ts";
import { epochAlone, giveBack, type HostedProcessor, hostProcessors } from "./hosting.ts";

const NOTHING = { events: 0, bytes: 0 };

/** A processor that is to be hosted by the lease of its partition, and the epoch under which it ran when it was found free. */
interface JoiningProcessor extends HostedProcessor {
  readonly seen: number;
}

/** Hosts those that nobody has leased alone since they were found free. */
export function joinContribution(
  node: string,
  epoch: number,
  processors: readonly JoiningProcessor[],
): Contribution<readonly Hosted[]> {
  const addTo = (plan: RecordPlan) => {
    const { state, moves } = plan;
    plan.claim(...processors.map(({ name }) => name));
    const free = processors.filter(({ name, seen }) => state.processor(name).epoch === seen);
    const hosting = hostProcessors(state, node, epoch, free);
    moves.push(...hosting.moves);
    return Promise.resolve(() => hosting.hosted);
  };
  return { size: NOTHING, addTo };
}

/** A processor that was leased alone. */
interface LeasedAlone {
  readonly epoch: number;
  readonly hosted: readonly Hosted[];
}

/** Leases a processor alone; undefined where the lease of the partition hosts it. */
export function aloneContribution(
  node: string,
  processor: HostedProcessor,
): Contribution<LeasedAlone | undefined> {
  const addTo = (plan: RecordPlan) => {
    const { state, moves } = plan;
    plan.claim(processor.name);
    const epoch = epochAlone(state, processor.name);
    if (epoch === undefined) return Promise.resolve(() => undefined);
    const { moves: its, hosted } = hostProcessors(state, node, epoch, [processor]);
    moves.push(...its);
    return Promise.resolve(() => ({ epoch, hosted }));
  };
  return { size: NOTHING, addTo };
}

/** Gives processors back, those that still run under the epoch. */
export function giveBackContribution(epoch: number, processors: readonly string[]): Contribution<void> {
  const addTo = (plan: RecordPlan) => {
    const { state, moves } = plan;
    plan.claim(...processors);
    moves.push(...giveBack(state, epoch, processors));
    return Promise.resolve(() => {});
  };
  return { size: NOTHING, addTo };
}
