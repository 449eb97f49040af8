/**
 * What an actor knows of deliveries that kill, and how carefully it therefore handles a batch.
 *
 * A delivery that killed a worker is from then on handled alone. One that kills the whole process leaves no witness; so
 * an actor that takes over from an owner that died writes down what it is about to handle: a few at a time first, and
 * what was written down when the process died again, one by one with nothing beside it. What the process dies of then
 * is certain, and costs it an attempt. As long as nobody dies, nothing is written.
 * @module
 */
import { type Abandoned, type Batch, linesOf, positionOf, slice } from "../backends/mailbox.ts";
import { Recent } from "./recent.ts";

/**
 * `none`; `alone`: it killed a worker before; `marked`: written down first; `trial`: written down, and nothing else
 * meanwhile; `guilty`: not handled, for the process died of it.
 */
type Care = "none" | "alone" | "marked" | "trial" | "guilty";

/** Deliveries that are handled together. */
export interface Part {
  readonly batch: Batch;
  readonly care: Care;
}

/** Killers that an actor remembers at most; one that is forgotten is found again. */
const REMEMBERED = 1_000;
/** Deliveries that are written down together, at most. */
const MARKED_TOGETHER = 64;

export class Suspicion {
  readonly #killers = new Recent<"worker" | "process">(REMEMBERED);
  #inherited: Abandoned | undefined;

  constructor(abandoned: Abandoned | undefined) {
    this.#inherited = abandoned;
  }

  /** Nothing is suspected of anything. */
  get isClear(): boolean {
    return this.#inherited === undefined && this.#killers.size === 0;
  }

  /** A delivery was found to end whatever handles it. */
  killed(position: number, what: "worker" | "process"): void {
    this.#killers.set(String(position), what);
  }

  /** What the process died of is charged with it, once: its trial is over, and its next attempt is a trial too. */
  charged(position: number): void {
    this.#inherited = {};
    this.killed(position, "process");
  }

  /** The stretch of the feed that the owner before had in hand is settled. */
  calm(): void {
    this.#inherited = undefined;
  }

  care(position: number): Care {
    const trial = this.#inherited?.trial;
    if (trial !== undefined && trial.first <= position && position <= trial.last) {
      return trial.alone ? "guilty" : "trial";
    }
    const killed = this.#killers.get(String(position));
    if (killed !== undefined) return killed === "worker" ? "alone" : "trial";
    return this.#inherited === undefined ? "none" : "marked";
  }

  /** The batch in parts, in order. */
  parts(batch: Batch): Part[] {
    if (this.isClear) return [{ batch, care: "none" }];
    const cares = linesOf(batch).map((line) => this.care(positionOf(line)));
    const parts: Part[] = [];
    for (let start = 0, end = 1; start < cares.length; start = end, end++) {
      const most = start + MOST_TOGETHER[cares[start]!];
      while (end < cares.length && end < most && cares[end] === cares[start]) end++;
      const whole = start === 0 && end === cares.length;
      parts.push({ batch: whole ? batch : slice(batch, start, end), care: cares[start]! });
    }
    return parts;
  }
}

const MOST_TOGETHER: Record<Care, number> = {
  none: Infinity,
  alone: 1,
  marked: MARKED_TOGETHER,
  trial: 1,
  guilty: 1,
};
