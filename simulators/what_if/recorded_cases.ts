/** Cases as their recorded events leave them: the states that both versions decide on. @module */
import type { AnyProcessor } from "../../actors/processor.ts";
import type { CaseEvent, DataOf, WireEvent } from "../../schema/events.ts";
import { type CaseFacts, factsOf, numberOf, unknownFacts } from "./case_facts.ts";
import { isTrigger } from "./case_play.ts";

/** A case, as far as it was read. */
export interface RecordedCase {
  readonly id: string;
  readonly number: number;
  readonly facts: CaseFacts;
  readonly openedAt: string;
  /** By processor, in their order. Replaced and never changed: a decision point keeps those before it. */
  states: readonly unknown[];
  trigger: WireEvent | undefined;
  /** The rule of its first decision, once it is among the cases that are compared. */
  rule: string | undefined;
  differs: boolean;
  /** The candidate model's assessment, where it is not the recorded one. */
  reassessed: DataOf<"case.analysis"> | undefined;
}

interface CohortOptions {
  /** Cases that came in after this moment are left out, in milliseconds. */
  readonly until: number;
  /** The numbers of cases that are known to differ, from an earlier run. */
  readonly differing: ReadonlySet<number>;
}

export class RecordedCases {
  readonly #processors: readonly AnyProcessor[];
  readonly #options: CohortOptions;
  readonly #open = new Map<string, RecordedCase>();
  /** Nothing is decided on a case that has ended: it is dropped, and its number kept. */
  readonly #ended = new Set<number>();

  constructor(processors: readonly AnyProcessor[], options: CohortOptions) {
    this.#processors = processors;
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The case of an event; undefined where it began before what is read, came in later than asked for, or has ended. */
  find(wire: WireEvent, version: number, recordedAt: number): RecordedCase | undefined {
    const { correlation_id: id } = wire;
    const known = this.#open.get(id);
    if (known !== undefined || version > 1 || recordedAt > this.#options.until) return known;
    const number = numberOf(id);
    if (this.#ended.has(number)) return undefined;
    const opened: RecordedCase = {
      id,
      number,
      facts: wire.event_type === "case.intake" ? factsOf(wire) : unknownFacts,
      openedAt: wire.timestamp,
      states: this.#processors.map((processor) => processor.initial()),
      trigger: undefined,
      rule: undefined,
      differs: this.#options.differing.has(number),
      reassessed: undefined,
    };
    this.#open.set(id, opened);
    return opened;
  }

  /** Folds a recorded event into the states of its case. */
  fold(found: RecordedCase, event: CaseEvent, wire: WireEvent): void {
    // One that was escalated may be reopened by a payment that was made in time.
    if (event.event_type === "case.completed" && event.data.outcome !== "escalated") {
      this.#open.delete(found.id);
      this.#ended.add(found.number);
      return;
    }
    found.states = found.states.map((state, i) => {
      const { takes, folds } = this.#processors[i]!;
      const concerns = takes.includes(event.event_type) || folds.includes(event.event_type);
      return concerns ? this.#processors[i]!.evolve(state, event) : state;
    });
    if (isTrigger(event)) found.trigger = wire;
  }
}
