/** The states of cases that one worker caches for one processor, least recently used evicted first. @module */
import type { HistoryNeed } from "../../backends/mailbox/mailbox.ts";
import type { CaseEvent } from "../../schema/events.ts";
import type { AnyProcessor } from "../processor.ts";
import { BoundedCache } from "../../backends/primitives/bounded_cache.ts";

/** A state, and the version of the case up to which it is folded. */
export interface CachedState {
  readonly state: unknown;
  readonly version: number;
}

/** What a batch builds on. */
export interface StateSnapshot {
  readonly states: Map<string, CachedState>;
  readonly needs: readonly HistoryNeed[];
}

export class StateCache {
  readonly #states: BoundedCache<CachedState>;

  /** `limit`: states kept at most. */
  constructor(readonly processor: AnyProcessor, limit: number) {
    this.#states = new BoundedCache(limit);
  }

  get size(): number {
    return this.#states.size;
  }

  /**
   * The cached states that a batch of deliveries, in this order, builds on, and the histories that are missing. Versions
   * of a case have no gaps, so a state is complete if it is folded up to the version before the delivery. The batch keeps
   * its snapshot, as other batches may evict these states meanwhile.
   */
  snapshot(deliveries: readonly { readonly caseId: string; readonly version: number }[]): StateSnapshot {
    const states = new Map<string, CachedState>();
    const needs: HistoryNeed[] = [];
    const folded = new Map<string, number>();
    for (const { caseId, version } of deliveries) {
      const state = this.#find(caseId, version);
      // A state of an attempt that was never settled may be ahead of the delivery: then the case is folded anew.
      if (!folded.has(caseId) && state !== undefined && state.version < version) states.set(caseId, state);
      const after = folded.get(caseId) ?? states.get(caseId)?.version ?? 0;
      if (after < version - 1) needs.push({ caseId, after, before: version });
      folded.set(caseId, version);
    }
    return { states, needs };
  }

  /**
   * Folds an event that another processor just handled, if this one folds it and has everything before it: a cached
   * state saves reading the case's history later. An event that can't be folded is ignored here; it fails the delivery
   * that needs it.
   */
  observe(event: CaseEvent, version: number): void {
    if (!this.processor.folds.includes(event.event_type)) return;
    const known = this.#find(event.correlation_id, version);
    if ((known?.version ?? 0) !== version - 1) return;
    try {
      const state = known === undefined ? this.processor.initial() : known.state;
      this.put(event.correlation_id, version, this.processor.evolve(state, event));
    } catch {
      // Not cached.
    }
  }

  /** The cached state of a case that gets this version. A new case has none, which saves the lookup. */
  #find(caseId: string, version: number): CachedState | undefined {
    return version === 1 ? undefined : this.#states.get(caseId);
  }

  put(caseId: string, version: number, state: unknown): void {
    this.#states.set(caseId, { state, version });
  }

  /** The cached state that the state before this version can be folded from. */
  find(caseId: string, version: number): CachedState | undefined {
    const known = this.#find(caseId, version);
    return known !== undefined && known.version < version ? known : undefined;
  }

  /** As `put`, unless a later state is cached. */
  putNewer(caseId: string, version: number, state: unknown): void {
    if ((this.#states.get(caseId)?.version ?? 0) < version) this.put(caseId, version, state);
  }
}
