/** Timers by the index of their partition: it knows when each is due, and which record says what it will be. @module */
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import type { PartitionIndex } from "../../index/partition_index.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import type { WaitingTimer, WaitingTimers } from "../partition/opened_partition.ts";
import type { PartitionLog } from "../partition/partition_log.ts";

type SetTimer = Awaited<ReturnType<PartitionIndex["dueTimers"]>>[number];

/** No case has this id: of the record only what it changes is read. */
const NO_CASE = "\n";
/** The last moment that a date can be. */
const LAST_TIME = 8.64e15;

/** The index by which timers are found. */
interface TimerIndex {
  nextDueAt(): number;
  due(until: number, limit: number): Promise<readonly SetTimer[]>;
}

export class TimersInIndex implements WaitingTimers {
  constructor(readonly index: TimerIndex, readonly log: Pick<PartitionLog, "readRecord">) {}

  get nextDueAt(): number {
    return this.index.nextDueAt();
  }

  async due(until: number, limit: number): Promise<readonly WaitingTimer[]> {
    const found = await this.index.due(until, limit);
    const bySequence = [...Map.groupBy(found, ({ sequence }) => sequence)];
    const read = await mapConcurrently(
      READS_AT_ONCE,
      bySequence,
      ([sequence, its]) => this.#read(sequence, its),
    );
    return read.flat().sort((a, b) => a.dueAt - b.dueAt);
  }

  async count(most: number): Promise<{ count: number; firstAt: number }> {
    const found = await this.index.due(LAST_TIME, most);
    return { count: found.length, firstAt: found[0]?.dueAt ?? Infinity };
  }

  async #read(sequence: number, timers: readonly SetTimer[]): Promise<WaitingTimer[]> {
    const record = await this.log.readRecord(sequence, NO_CASE);
    const changes = record?.kind === "record" ? record.changes.timers : [];
    return timers.flatMap(({ ordinal, dueAt }) => {
      const change = changes[ordinal];
      if (change?.kind !== "set") return [];
      const { processor, caseId, name, row } = change;
      return [{ processor, caseId, name, dueAt, row }];
    });
  }
}
