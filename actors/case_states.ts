/** The states of cases that one worker remembers for one processor. Bounded: what was used longest ago goes first. @module */
import type { HistoryNeed } from "../backends/mailbox.ts";
import type { CaseEvent } from "../schema/events.ts";
import type { AnyProcessor } from "./processor.ts";

interface Remembered {
  readonly state: unknown;
  /** The version of the case up to which the state is folded. */
  readonly version: number;
}

export class CaseStates {
  readonly #states = new Map<string, Remembered>();

  constructor(readonly processor: AnyProcessor, readonly limit: number) {}

  get size(): number {
    return this.#states.size;
  }

  /**
   * The histories missing for deliveries in this order. Versions of a case are gapless, so the version alone tells
   * whether a state is complete: it is when it is folded up to the version before the delivery.
   */
  needs(deliveries: readonly { readonly caseId: string; readonly version: number }[]): HistoryNeed[] {
    const needs: HistoryNeed[] = [];
    const folded = new Map<string, number>();
    for (const { caseId, version } of deliveries) {
      let after = folded.get(caseId) ?? this.#states.get(caseId)?.version ?? 0;
      // A state from a try that was never settled may be ahead of the delivery: then it is folded anew.
      if (after >= version) {
        this.#states.delete(caseId);
        after = 0;
      }
      if (after < version - 1) needs.push({ caseId, after, before: version });
      folded.set(caseId, version);
    }
    return needs;
  }

  /** The state before the event of this version: what is remembered, with the history since folded in. */
  before(
    caseId: string,
    version: number,
    history: readonly { version: number; event: CaseEvent }[],
  ): unknown {
    const known = this.#states.get(caseId);
    let state = known === undefined || known.version >= version ? this.processor.initial() : known.state;
    const from = known === undefined || known.version >= version ? 0 : known.version;
    for (const past of history) {
      if (past.version > from && past.version < version) state = this.processor.evolve(state, past.event);
    }
    return state;
  }

  /** Remembers the state after the event of this version. */
  remember(caseId: string, version: number, state: unknown): void {
    this.#states.delete(caseId);
    this.#states.set(caseId, { state, version });
    if (this.#states.size > this.limit) this.#states.delete(this.#states.keys().next().value!);
  }
}
