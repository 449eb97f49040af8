/** What a store still has to be done. @module */
import type { MemoryStore } from "../../../backends/memory/memory_store.ts";
import { dueAt } from "../../../backends/settlement/parked_case.ts";
import { processorNames } from "../fault.ts";

/** Which types each processor of a simulation takes. */
export const processorInputs: Record<typeof processorNames[number], readonly string[]> = {
  sorter: ["case.intake"],
  answerer: ["case.analysis", "case.term_expired"],
};

/** What is to be done yet, in words; what waits behind a dead letter is not. */
export function findUnfinished(store: MemoryStore): string[] {
  const left: string[] = [];
  if (store.timers.size > 0) left.push(`${store.timers.size} timers`);
  for (const name of processorNames) {
    for (const { partition, checkpoint, parked } of store.leases.of(name)) {
      const pending = store.log.slices[partition]!.filter(({ position, type }) =>
        position > checkpoint && processorInputs[name].includes(type)
      );
      const waiting = [...parked.values()].filter((each) => dueAt(each) !== Infinity);
      if (pending.length + waiting.length === 0) continue;
      left.push(`${name} ${partition}: ${pending.length} pending, ${waiting.length} cases parked`);
    }
  }
  return left;
}
