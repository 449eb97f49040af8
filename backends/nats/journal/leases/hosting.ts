/**
 * Which processors run in a partition, under which lease: its records say so. What is read of a lease in the bucket only tells
 * who is alive. Pure.
 * @module
 */
import type { Hosted } from "../../../mailbox/lease_store.ts";
import { epochOfEra, nextAlone } from "../../../mailbox/lease_epoch.ts";
import type { LogState, ProcessorState } from "../partition/log_state.ts";
import type { ProcessorMove } from "../record/record.ts";

/** A processor that a node has. */
export interface HostedProcessor {
  readonly name: string;
  readonly takes: readonly string[];
}

/** Processors as they begin to be hosted: their parts of a record, and what each of them finds. */
interface Hosting {
  readonly moves: readonly ProcessorMove[];
  readonly hosted: readonly Hosted[];
}

/** Hosts processors under an epoch. */
export function hostProcessors(
  state: LogState,
  node: string,
  epoch: number,
  processors: readonly HostedProcessor[],
): Hosting {
  return {
    moves: processors.map(({ name, takes }) => {
      const { checkpoint } = state.processor(name);
      return { name, from: checkpoint, to: checkpoint, epoch, host: node, takes };
    }),
    hosted: processors.map(({ name }) => hostedOf(name, state.processor(name))),
  };
}

function hostedOf(processor: string, { owner, inFlight }: ProcessorState): Hosted {
  const crashed = inFlight === undefined ? {} : { inFlight };
  return { processor, crashedOwner: owner === undefined ? undefined : crashed };
}

/** Gives back those that run under an epoch. */
export function giveBack(state: LogState, epoch: number, processors: Iterable<string>): ProcessorMove[] {
  return [...processors].flatMap((name) => {
    const { checkpoint, epoch: its } = state.processor(name);
    return its === epoch ? [{ name, from: checkpoint, to: checkpoint, epoch, released: true }] : [];
  });
}

/** The epoch of a processor that is leased alone; undefined while the lease of the partition hosts it. */
export function epochAlone(state: LogState, processor: string): number | undefined {
  const { epoch } = state.processor(processor);
  return epoch > 0 && epoch === epochOfEra(state.epoch) ? undefined : nextAlone(epoch);
}
