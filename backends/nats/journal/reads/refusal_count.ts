/** How often something was not allowed, by the trail, whoever wrote that there. @module */
import { partitionOf } from "../../../../schema/partition.ts";
import { PRODUCERS_TRAIL, REFUSED } from "../../../producers.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import type { LogReads } from "./log_reads.ts";

/** Counts the lines behind the first call, each in the record that holds it, once. */
export class RefusalCount {
  #last: number | undefined;
  #count = 0;

  constructor(readonly reads: Pick<LogReads, "views">) {}

  async read(): Promise<number> {
    const { views } = this.reads;
    const view = await views.view(partitionOf(PRODUCERS_TRAIL, views.partitions));
    const trail = await view.heads.trailOf(PRODUCERS_TRAIL);
    const after = this.#last ?? Infinity;
    this.#last = trail.at(-1) ?? 0;
    const fresh = await mapConcurrently(
      READS_AT_ONCE,
      trail.filter((sequence) => sequence > after),
      (sequence) => view.recordAt(sequence, PRODUCERS_TRAIL),
    );
    for (const record of fresh) {
      if (record?.kind !== "record") continue;
      this.#count += record.changes.trail.filter(({ caseId, act }) =>
        caseId === PRODUCERS_TRAIL && act === REFUSED
      )
        .length;
    }
    return this.#count;
  }
}
