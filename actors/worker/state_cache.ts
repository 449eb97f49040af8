/** The states of cases that one worker remembers for one processor. Bounded: what was used longest ago goes first. @module */
import type { HistoryNeed } from "../../backends/mailbox/mailbox.ts";
import type { CaseEvent } from "../../schema/events.ts";
import type { AnyProcessor } from "../processor.ts";
import { BoundedCache } from "../../backends/primitives/bounded_cache.ts";

/** A state, and the version of the case up to which it is folded. */
interface CachedState {
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
   * What a batch of deliveries, in this order, can build on: the states that are known, and the histories that are
   * missing. Versions of a case are gapless, so the version alone tells whether a state is complete: it is when it is
   * folded up to the version before the delivery. The batch keeps what it was given here: meanwhile others may push
   * it out of this memory.
   */
  snapshot(deliveries: readonly { readonly caseId: string; readonly version: number }[]): StateSnapshot {
    const states = new Map<string, CachedState>();
    const needs: HistoryNeed[] = [];
    const folded = new Map<string, number>();
    for (const { caseId, version } of deliveries) {
      const state = this.#find(caseId, version);
      // A state from a try that was never settled may be ahead of the delivery: then the case is folded anew.
      if (!folded.has(caseId) && state !== undefined && state.version < version) states.set(caseId, state);
      const after = folded.get(caseId) ?? states.get(caseId)?.version ?? 0;
      if (after < version - 1) needs.push({ caseId, after, before: version });
      folded.set(caseId, version);
    }
    return { states, needs };
  }

  /**
   * Folds an event that another processor just handled, if this one folds it and has everything before it: a state
   * that is at hand when it is needed spares reading the case's history. What can't be folded is not remembered: it will
   * fail where it is needed, and blame nobody else.
   */
  observe(event: CaseEvent, version: number): void {
    if (!this.processor.folds.includes(event.event_type)) return;
    const known = this.#find(event.correlation_id, version);
    if ((known?.version ?? 0) !== version - 1) return;
    try {
      const state = known === undefined ? this.processor.initial() : known.state;
      this.put(event.correlation_id, version, this.processor.evolve(state, event));
    } catch {
      // Not remembered.
    }
  }

  /** What is remembered of a case that gets this version. Of the first one nothing can be: it is not looked for in vain. */
  #find(caseId: string, version: number): CachedState | undefined {
    return version === 1 ? undefined : this.#states.get(caseId);
  }

  /** Remembers the state after the event of this version. */
  put(caseId: string, version: number, state: unknown): void {
    this.#states.set(caseId, { state, version });
  }
}
