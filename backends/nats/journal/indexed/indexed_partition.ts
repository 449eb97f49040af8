/**
 * A partition by its index: opened by the manifest and what is behind it, in bounded memory. Its owner writes levels and merges
 * them beside its other work; an index that contradicts the log, or itself, is made anew from the log.
 * @module
 */
import { retryWhileUnavailable } from "../../../primitives/retry.ts";
import type { CaseHead } from "../../index/case_head.ts";
import { IndexDamaged } from "../../index/entry/event_span.ts";
import type { KeyHasher } from "../../index/entry/key.ts";
import type { IndexLimits } from "../../index/index_limits.ts";
import { IndexFenced, PartitionIndex } from "../../index/partition_index.ts";
import type { IndexStore } from "../../index/store/index_store.ts";
import type { HeadIndex } from "../partition/head_index.ts";
import type { KnownState } from "../partition/log_state.ts";
import type { OpenedPartition, WaitingTimers } from "../partition/opened_partition.ts";
import type { PartitionLog } from "../partition/partition_log.ts";
import type { LogRecord, StoredRecord } from "../record/record.ts";
import { logForIndex } from "./log_for_index.ts";
import { TimersInIndex } from "./timers_in_index.ts";

interface IndexedPartitionOptions {
  readonly log: PartitionLog;
  readonly store: IndexStore;
  readonly hasher: KeyHasher;
  /** The node is about to take the partition: it writes levels already while it reads a long log. */
  readonly writes: boolean;
  readonly limits?: Partial<IndexLimits>;
}

/** Opens a partition. Throws BackendUnavailable. */
export async function openIndexed(options: IndexedPartitionOptions): Promise<OpenedPartition> {
  const { log, limits = {}, ...rest } = options;
  const index = await PartitionIndex.open({ ...rest, limits, log: logForIndex(log) });
  return new IndexedPartition(index, log);
}

class IndexedPartition implements OpenedPartition, HeadIndex {
  readonly known: KnownState;
  readonly heads = this;
  readonly timers: WaitingTimers;
  readonly #index: PartitionIndex;
  readonly #closing = new AbortController();
  #isOwned = false;
  #isMaintained = false;
  /** What is done beside the records, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #mending: Promise<void> | undefined;

  constructor(index: PartitionIndex, log: PartitionLog) {
    this.#index = index;
    this.known = index.state.snapshot();
    this.timers = new TimersInIndex({
      nextDueAt: () => index.nextDueAt,
      due: (until, limit) => this.#mended(() => index.dueTimers(until, limit)),
    }, log);
  }

  find(caseId: string): CaseHead | undefined | Promise<CaseHead | undefined> {
    if (this.#mending !== undefined) return this.#mended(() => this.#index.find(caseId));
    try {
      const found = this.#index.find(caseId);
      return found instanceof Promise ? this.#mended(() => found, () => this.#index.find(caseId)) : found;
    } catch {
      return this.#mended(() => this.#index.find(caseId));
    }
  }

  trailOf(caseId: string): Promise<readonly number[]> {
    return this.#mended(() => this.#index.trailOf(caseId));
  }

  absorb(stored: StoredRecord<LogRecord>): void {
    try {
      this.#index.absorb(stored);
    } catch (error) {
      if (!(error instanceof IndexDamaged)) throw error;
      this.#mend().catch(() => {});
    }
  }

  onRecord(): void {
    if (!this.#isOwned || this.#isMaintained || !this.#index.isFlushDue) return;
    this.#isMaintained = true;
    this.#beside(() => this.#index.maintain().finally(() => this.#isMaintained = false));
  }

  own(epoch: number): void {
    this.#isOwned = true;
    this.#beside(() => this.#index.claim(epoch));
    this.#beside(() => this.#index.loadFilters());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
  }

  /** Does it in its turn, however long the store is away. What another owner has made needless is left. */
  #beside(work: () => Promise<void>): void {
    const { signal } = this.#closing;
    this.#work = this.#work.then(async () => {
      try {
        if (!signal.aborted) await retryWhileUnavailable(() => this.#mended(work), signal);
      } catch (error) {
        if (error instanceof IndexFenced) this.#isOwned = false;
        else if (!signal.aborted) throw error;
      }
    });
  }

  /** Does it, and where the index is damaged again once it is made anew. */
  async #mended<T>(work: () => Promise<T> | T, again = work): Promise<T> {
    await this.#mending;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof IndexDamaged)) throw error;
    }
    await this.#mend();
    return await again();
  }

  #mend(): Promise<void> {
    this.#mending ??= retryWhileUnavailable(() => this.#index.rebuild(), this.#closing.signal)
      .finally(() => this.#mending = undefined);
    return this.#mending;
  }
}
