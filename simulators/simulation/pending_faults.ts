/** Faults of a simulated node that wait for their occasion. @module */
import type { AbruptExit } from "./simulated_cases.ts";

/** The occasions, each with what happens then. */
interface FaultOccasions {
  /** A worker is made: it throws, reports an error, or says nothing. */
  worker_start: "throws" | "error" | "silent";
  /** A worker gets a batch, and ends at this delivery of it. */
  batch: { readonly exit: AbruptExit; readonly delivery: number };
  /** A worker gets a batch, and takes this many milliseconds longer. */
  batch_time: number;
  /** A worker gets a batch, and says something else first. */
  batch_reply: true;
  /** A worker reports its heap, which is too big. */
  heap_report: true;
  /** A batch was settled, and is delivered again. */
  batch_settled: true;
  /** A settle is sent, and lost. */
  settle_request: true;
  /** A settle was applied, and its answer is lost. */
  settle_reply: true;
}

/** Occasions at which one thing happens. */
export type PlainOccasion = {
  [K in keyof FaultOccasions]: FaultOccasions[K] extends true ? K : never;
}[keyof FaultOccasions];

export class PendingFaults {
  readonly #waiting: { fault: string; occasion: keyof FaultOccasions; effect: unknown }[] = [];
  readonly #onEffect: (fault: string) => void;

  constructor(onEffect: (fault: string) => void) {
    this.#onEffect = onEffect;
  }

  add<K extends keyof FaultOccasions>(fault: string, occasion: K, effect: FaultOccasions[K]): void {
    this.#waiting.push({ fault, occasion, effect });
  }

  /** What happens at this occasion; undefined when no fault waits for it. */
  take<K extends keyof FaultOccasions>(occasion: K): FaultOccasions[K] | undefined {
    const index = this.#waiting.findIndex((each) => each.occasion === occasion);
    if (index === -1) return undefined;
    const [found] = this.#waiting.splice(index, 1);
    this.#onEffect(found!.fault);
    return found!.effect as FaultOccasions[K];
  }
}
