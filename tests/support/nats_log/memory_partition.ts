/** A partition of which everything is kept in memory and the whole log is read: for small logs. @module */
import type { StoredTimerChange } from "../../../backends/mailbox/mailbox.ts";
import type { StoredRecord } from "../../../backends/nats/journal/record/record.ts";
import type { HeadIndex } from "../../../backends/nats/journal/partition/head_index.ts";
import type { KnownState } from "../../../backends/nats/journal/partition/log_state.ts";
import type {
  OpenedPartition,
  WaitingTimer,
  WaitingTimers,
} from "../../../backends/nats/journal/partition/opened_partition.ts";
import { MemoryHeads } from "./memory_heads.ts";

/** A partition as heads and a state have it that were kept; left out: before its first record. */
export function openedInMemory(heads: HeadIndex = new MemoryHeads(), known?: KnownState): OpenedPartition {
  const timers = new MemoryTimers();
  return {
    known,
    heads,
    timers,
    onRecord: (stored) => timers.absorb(stored),
    own: () => {},
    close: () => Promise.resolve(),
  };
}

/** The timers of a partition, all of them. */
class MemoryTimers implements WaitingTimers {
  readonly #timers = new Map<string, WaitingTimer>();

  get nextDueAt(): number {
    let first = Infinity;
    for (const { dueAt } of this.#timers.values()) first = Math.min(first, dueAt);
    return first;
  }

  due(until: number, limit: number): Promise<readonly WaitingTimer[]> {
    const due = [...this.#timers.values()].filter(({ dueAt }) => dueAt <= until)
      .sort((a, b) => a.dueAt - b.dueAt);
    return Promise.resolve(due.slice(0, limit));
  }

  count(most: number): Promise<{ count: number; firstAt: number }> {
    return Promise.resolve({ count: Math.min(most, this.#timers.size), firstAt: this.nextDueAt });
  }

  absorb({ record }: StoredRecord): void {
    if (record.kind === "malformed") return;
    for (const timer of record.changes.timers) {
      if (timer.kind === "set") this.#set(timer);
      else this.#timers.delete(keyOf(timer));
    }
  }

  #set(timer: Extract<StoredTimerChange, { kind: "set" }>): void {
    const { processor, caseId, name, at, row } = timer;
    this.#timers.set(keyOf(timer), { processor, caseId, name, dueAt: Date.parse(at), row });
  }
}

function keyOf({ processor, caseId, name }: Pick<WaitingTimer, "processor" | "caseId" | "name">): string {
  return `${processor}\n${caseId}\n${name}`;
}
