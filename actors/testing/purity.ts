/** Whether a processor is pure: the same history twice leaves the same bytes, and changes nothing that it was given. @module */
import { encodeEvent } from "../../schema/codec.ts";
import type { CaseEvent } from "../../schema/events.ts";
import type { AnyProcessor } from "../processor.ts";
import { CaseRunner } from "./case_runner.ts";

/** A processor that is not pure, with what differs. */
export class ImpureProcessor extends Error {
  override name = "ImpureProcessor";
}

/**
 * Runs a case twice and compares what it left, byte for byte: every event, every timer. Then folds its log onto states that
 * can't be changed. Throws ImpureProcessor where a clock, a random number, a remembered case or a changed state shows.
 */
export function assertPure(processors: readonly AnyProcessor[], live: (runner: CaseRunner) => void): void {
  const runs = [1, 2].map(() => {
    const runner = new CaseRunner(processors);
    live(runner);
    return runner;
  });
  const [first, second] = runs.map(bytesOf) as [string[], string[]];
  const at = first.findIndex((line, i) => line !== second[i]);
  if (at !== -1 || first.length !== second.length) {
    throw new ImpureProcessor(`The same history left other bytes:\n  ${first[at]}\n  ${second[at]}`);
  }
  for (const processor of processors) foldFrozen(processor, runs[0]!.log);
}

function bytesOf({ log, timers }: CaseRunner): string[] {
  const set = [...timers].map(([name, { at, row }]) => `${name} ${at} ${row}`);
  return [...log.map((event) => JSON.stringify(encodeEvent(event))), ...set];
}

/** A state that is changed in place throws: it is frozen. */
function foldFrozen(processor: AnyProcessor, log: readonly CaseEvent[]): void {
  let state = frozen(processor.initial());
  for (const event of log) {
    if (![...processor.takes, ...processor.folds].includes(event.event_type)) continue;
    try {
      state = frozen(processor.evolve(state, event));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new ImpureProcessor(`${processor.name} changes the state it is given: ${error.message}`);
    }
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}
