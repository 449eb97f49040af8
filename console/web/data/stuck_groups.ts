/** Dead letters, or parked deliveries, by processor and error class, the largest group first. Pure. @module */
import type { DeadLetter, StoppedDelivery } from "../../../backends/dead_letters.ts";

/** Those that failed alike. */
export interface StuckGroup<D extends StoppedDelivery = DeadLetter> {
  /** Names the group in an address: `processor:class`. */
  readonly key: string;
  readonly processor: string;
  readonly error: string;
  readonly since: string;
  readonly letters: readonly D[];
}

export function groupsOf<D extends StoppedDelivery>(letters: readonly D[]): readonly StuckGroup<D>[] {
  const groups = new Map<string, D[]>();
  for (const letter of letters) {
    const key = keyOf(letter);
    groups.set(key, [...groups.get(key) ?? [], letter]);
  }
  return [...groups].map(([key, all]): StuckGroup<D> => ({
    key,
    processor: all[0]!.processor,
    error: errorOf(all[0]!),
    since: all.reduce((first, { since }) => since < first ? since : first, all[0]!.since),
    letters: all,
  })).toSorted((a, b) => b.letters.length - a.letters.length);
}

const errorOf = ({ failures }: StoppedDelivery) => failures.at(-1)?.class ?? "unknown";
const keyOf = (letter: StoppedDelivery) => `${letter.processor}:${errorOf(letter)}`;
