/** Where processors begin in a partition that others have worked in, each as a part of a record. Pure. @module */
import type { Contribution } from "../partition/commit_queue.ts";
import type { LogState } from "../partition/log_state.ts";
import type { RecordPlan } from "../partition/record_plan.ts";
import type { ProcessorMove } from "../record/record.ts";
import type { HostedProcessor } from "./hosting.ts";

/** A processor that a program has, and the last position that it is not handed; undefined: it begins at what comes from now on. */
interface BeginningProcessor extends HostedProcessor {
  readonly after: number | undefined;
}

/** Those that were never here. */
export function unknownIn<P extends HostedProcessor>(state: LogState, processors: readonly P[]): P[] {
  return processors.filter(({ name }) => !state.processors.has(name));
}

/** Whether a processor that comes now is added to others. */
export function hasWorked(state: LogState): boolean {
  return [...state.processors.values()].some(({ checkpoint }) => checkpoint > 0);
}

/** Processors that are known from now on, though nobody hosts them yet: they begin at the beginning. */
export function knownMoves(state: LogState, processors: readonly HostedProcessor[]): ProcessorMove[] {
  return unknownIn(state, processors).map(({ name, takes }) => ({ name, from: 0, to: 0, epoch: 0, takes }));
}

/** Lets those that were never here begin where they say, if others have worked here. */
export function beginContribution(processors: readonly BeginningProcessor[]): Contribution<void> {
  const addTo = (plan: RecordPlan) => {
    plan.claim(...processors.map(({ name }) => name));
    const { state, moves } = plan;
    if (!hasWorked(state)) return Promise.resolve(() => {});
    for (const { name, takes, after } of unknownIn(state, processors)) {
      const place = after === undefined ? { to: 0, toEnd: true } : { to: after };
      moves.push({ name, from: 0, ...place, epoch: 0, takes });
    }
    return Promise.resolve(() => {});
  };
  return { size: { events: 0, bytes: 0 }, addTo };
}
