/**
 * The states that one processor reaches in a pass. They include events that are not stored yet, so they enter the cache only
 * once the pass is known to be stored. @module
 */
import type { CaseEvent } from "../../schema/events.ts";
import { decodeStored } from "../../schema/codec.ts";
import type { AnyProcessor } from "../processor.ts";
import type { CaseHistories } from "./case_histories.ts";
import type { CachedState, StateCache } from "./state_cache.ts";

export class StagedStates {
  readonly #staged = new Map<string, CachedState>();

  constructor(readonly cache: StateCache, readonly histories: CaseHistories) {}

  get processor(): AnyProcessor {
    return this.cache.processor;
  }

  /** Up to which version of the case the state before this version is known without a history. */
  knownVersion(caseId: string, version: number): number {
    return this.#known(caseId, version)?.version ?? 0;
  }

  /** The state before this version of the case, or undefined where something is missing. */
  before(caseId: string, version: number): { readonly state: unknown } | undefined {
    const known = this.#known(caseId, version);
    const from = known?.version ?? 0;
    const state = known === undefined ? this.processor.initial() : known.state;
    if (from === version - 1) return { state };
    const past = this.histories.between(caseId, from, version);
    if (past === undefined) return undefined;
    const { takes, folds } = this.processor;
    const relevant = past.filter(({ event_type: type }) =>
      (takes as string[]).includes(type) || (folds as string[]).includes(type)
    );
    return {
      state: relevant.reduce((folded, wire) => this.processor.evolve(folded, decodeStored(wire)), state),
    };
  }

  /** Folds an event that is not handled here, if everything before it is known. */
  observe(caseId: string, version: number, event: CaseEvent | undefined): void {
    const before = this.before(caseId, version);
    if (before === undefined) return;
    const after = event === undefined ? before.state : this.processor.evolve(before.state, event);
    this.put(caseId, version, after);
  }

  put(caseId: string, version: number, state: unknown): void {
    this.#staged.set(caseId, { state, version });
  }

  /** The pass was stored. */
  commit(): void {
    for (const [caseId, { state, version }] of this.#staged) this.cache.putNewer(caseId, version, state);
  }

  #known(caseId: string, version: number): CachedState | undefined {
    const staged = this.#staged.get(caseId);
    return staged !== undefined && staged.version < version ? staged : this.cache.find(caseId, version);
  }
}
