/** Properties over random histories: what must hold of a case, whatever happens to it. @module */
import type { AnyProcessor } from "../processor.ts";
import type { Duration } from "../workflow/duration.ts";
import { CaseRunner, type CaseRunnerOptions } from "./case_runner.ts";
import { type GivenEvent, giveTo } from "./scenario.ts";

/** The next number in [0, 1). */
export type Random = () => number;

/** What can happen to a case, and how much of it. */
export interface HistoryOptions extends CaseRunnerOptions {
  /** Each draws an event from outside. */
  readonly events: readonly ((random: Random) => GivenEvent)[];
  /** How many histories; default 100. */
  readonly count?: number;
  /** The longest history; default 12. */
  readonly longest?: number;
  /** The same seed draws the same histories; default 1. */
  readonly seed?: number;
}

/**
 * Runs random histories through processors and asks of each whether something holds: `holds` throws, or returns false, where
 * it does not. A history that fails is made as short as it can be, and the error says it, with the seed that draws it again.
 */
export function forAllHistories(
  processors: readonly AnyProcessor[],
  options: HistoryOptions,
  holds: (runner: CaseRunner) => void | boolean,
): void {
  const { seed = 1, count = 100 } = options;
  for (let n = 0; n < count; n++) {
    const history = drawn(options, mulberry(seed * 100_003 + n));
    const failure = failureOf(processors, options, history, holds);
    if (failure === undefined) continue;
    const shortest = shortened(history, (each) => failureOf(processors, options, each, holds) !== undefined);
    const cause = failureOf(processors, options, shortest, holds);
    const lines = shortest.map((event) => `  ${JSON.stringify(event)}`).join("\n");
    throw new Error(`Does not hold (seed ${seed}, history ${n}):\n${lines}`, { cause });
  }
}

const PAUSES: readonly Duration[] = ["1h", "1d", "1w", "30d"];

function drawn({ events, longest = 12 }: HistoryOptions, random: Random): readonly GivenEvent[] {
  const length = 1 + Math.floor(random() * longest);
  return Array.from({ length }, () => {
    const [type, data, after] = pick(events, random)(random);
    return [type, data, after ?? pick(PAUSES, random)] as unknown as GivenEvent;
  });
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[Math.floor(random() * from.length)]!;
}

function failureOf(
  processors: readonly AnyProcessor[],
  options: CaseRunnerOptions,
  history: readonly GivenEvent[],
  holds: (runner: CaseRunner) => void | boolean,
): unknown {
  try {
    const runner = new CaseRunner(processors, options);
    for (const event of history) giveTo(runner, event);
    return holds(runner) === false ? new Error("The property returned false") : undefined;
  } catch (error) {
    return error ?? new Error("The property threw nothing");
  }
}

/** Leaves out event after event, as long as it still fails. */
function shortened(
  history: readonly GivenEvent[],
  fails: (history: readonly GivenEvent[]) => boolean,
): readonly GivenEvent[] {
  for (let i = history.length - 1; i >= 0; i--) {
    const shorter = history.toSpliced(i, 1);
    if (fails(shorter)) history = shorter;
  }
  return history;
}

/** mulberry32: small, and the same on every machine. */
function mulberry(seed: number): Random {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
