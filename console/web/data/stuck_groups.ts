/** Dead letters by processor and error class, the largest group first. Pure. @module */
import type { DeadLetter } from "../../../backends/dead_letters.ts";

/** Dead letters that failed alike. */
export interface StuckGroup {
  /** Names the group in an address: `processor:class`. */
  readonly key: string;
  readonly processor: string;
  readonly error: string;
  readonly since: string;
  readonly letters: readonly DeadLetter[];
}

export function groupsOf(letters: readonly DeadLetter[]): readonly StuckGroup[] {
  const groups = new Map<string, DeadLetter[]>();
  for (const letter of letters) {
    const key = keyOf(letter);
    groups.set(key, [...groups.get(key) ?? [], letter]);
  }
  return [...groups].map(([key, all]): StuckGroup => ({
    key,
    processor: all[0]!.processor,
    error: errorOf(all[0]!),
    since: all.reduce((first, { since }) => since < first ? since : first, all[0]!.since),
    letters: all,
  })).toSorted((a, b) => b.letters.length - a.letters.length);
}

const errorOf = ({ failures }: DeadLetter) => failures.at(-1)?.class ?? "unknown";
const keyOf = (letter: DeadLetter) => `${letter.processor}:${errorOf(letter)}`;
