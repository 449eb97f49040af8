/** Two processors that must do the same: each delivery is handled by both, and what they say is compared. @module */
import type { AnyProcessor, HandlerResult } from "../../../actors/processor.ts";

/** Acts as the first, and throws where the second says or comes to something else. */
export class TwinProcessor implements AnyProcessor {
  /** Deliveries that both handled alike. */
  compared = 0;
  readonly #first: AnyProcessor;
  readonly #second: AnyProcessor;

  constructor(first: AnyProcessor, second: AnyProcessor) {
    this.#first = first;
    this.#second = second;
    requireAlike(typesOf(first), typesOf(second), "types");
  }

  get name() {
    return this.#first.name;
  }
  get version() {
    return this.#first.version;
  }
  get takes() {
    return this.#first.takes;
  }
  get folds() {
    return this.#first.folds;
  }
  get alarms() {
    return this.#first.alarms ?? [];
  }

  initial(): unknown {
    requireAlike(this.#first.initial(), this.#second.initial(), "initial states");
    return this.#first.initial();
  }

  evolve(...args: Parameters<AnyProcessor["evolve"]>): unknown {
    return this.#first.evolve(...args);
  }

  handle(...args: Parameters<AnyProcessor["handle"]>): HandlerResult {
    const result = this.#first.handle(...args);
    requireAlike(result, this.#second.handle(...args), `what follows ${args[0].event_type}`);
    this.compared++;
    return result;
  }
}

function typesOf({ name, version, takes, folds, alarms }: AnyProcessor) {
  return { name, version, takes: takes.toSorted(), folds: folds.toSorted(), alarms };
}

function requireAlike(first: unknown, second: unknown, what: string): void {
  const [one, other] = [first, second].map((each) => JSON.stringify(each));
  if (one !== other) throw new Error(`The twins differ in ${what}:\n  ${one}\n  ${other}`);
}
