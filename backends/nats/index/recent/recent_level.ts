/** The newest level: what came since the last run was written, in memory. @module */
import { type IndexKey, keyText } from "../entry/key.ts";
import type { TimerEntry } from "../entry/index_entry.ts";
import { CaseTable } from "./case_table.ts";

/** The latest change of a timer. */
export interface RecentTimer {
  readonly key: IndexKey;
  readonly entry: TimerEntry;
}

export class RecentLevel {
  readonly cases = new CaseTable();
  readonly #timers = new Map<string, RecentTimer>();
  /** Of the records that are in it. */
  bytes = 0;

  /** Cases and timers. */
  get size(): number {
    return this.cases.size + this.#timers.size;
  }

  get timers(): Iterable<RecentTimer> {
    return this.#timers.values();
  }

  setTimer(text: string, timer: RecentTimer): void {
    this.#timers.set(text, timer);
  }

  timer(key: IndexKey): TimerEntry | undefined {
    return this.#timers.size === 0 ? undefined : this.#timers.get(keyText(key))?.entry;
  }
}
