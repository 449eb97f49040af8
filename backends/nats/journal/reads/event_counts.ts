/** How many events were stored, by type: the last record of each partition says so. @module */
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import type { LogReads } from "./log_reads.ts";

type Counts = Readonly<Record<string, number>>;

/** Events of each type in all partitions. */
async function countEvents({ log, views }: LogReads): Promise<Map<string, number>> {
  const partitions = Array.from({ length: views.partitions }, (_, partition) => partition);
  const all = await mapConcurrently(READS_AT_ONCE, partitions, async (partition): Promise<Counts> => {
    const last = await log.lastOf(partition);
    // What is no record does not count: the one in front of it does.
    if (last?.kind === "malformed") return (await views.view(partition)).state.counts;
    return last?.head.counts ?? {};
  });
  const sums = new Map<string, number>();
  for (const counts of all) {
    for (const [type, count] of Object.entries(counts)) sums.set(type, (sums.get(type) ?? 0) + count);
  }
  return sums;
}

/** Counts what is stored since the first call, whoever stores it. */
export class StoredCounts {
  #first: ReadonlyMap<string, number> | undefined;

  constructor(readonly reads: LogReads) {}

  async read(): Promise<ReadonlyMap<string, number>> {
    const counts = await countEvents(this.reads);
    const first = this.#first ??= counts;
    return new Map([...counts].map(([type, count]) => [type, count - (first.get(type) ?? 0)]));
  }
}
