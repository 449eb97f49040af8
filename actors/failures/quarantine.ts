/**
 * What an actor knows of deliveries that kill, and how carefully it therefore handles a batch.
 *
 * A delivery that killed a worker is from then on handled alone. One that kills the whole process leaves no witness; so
 * an actor that takes over from an owner that died writes down what it is about to handle: a few at a time first, and
 * what was written down when the process died again, one by one with nothing beside it. What the process dies of then
 * is certain, and costs it an attempt. As long as nobody dies, nothing is written.
 * @module
 */
import { type Batch, linesOf, positionOf, sliceBatch } from "../../backends/mailbox/batch.ts";
import type { CrashedOwner } from "../../backends/mailbox/mailbox.ts";
import { BoundedCache } from "../../backends/primitives/bounded_cache.ts";

/**
 * `none`; `isolated`: it killed a worker before; `journaled`: written down first; `exclusive`: written down, and nothing else
 * meanwhile; `condemned`: not handled, for the process died of it.
 */
type Isolation = "none" | "isolated" | "journaled" | "exclusive" | "condemned";

/** Deliveries that are handled together. */
export interface Slice {
  readonly batch: Batch;
  readonly isolation: Isolation;
}

/** Killers that an actor remembers at most; one that is forgotten is found again. */
const MAX_SUSPECTS = 1_000;
/** Deliveries that are written down together, at most. */
const MAX_JOURNALED = 64;

export class Quarantine {
  readonly #suspects = new BoundedCache<"worker" | "process">(MAX_SUSPECTS);
  #crashedOwner: CrashedOwner | undefined;

  constructor(crashedOwner: CrashedOwner | undefined) {
    this.#crashedOwner = crashedOwner;
  }

  /** Nothing is suspected of anything. */
  get isEmpty(): boolean {
    return this.#crashedOwner === undefined && this.#suspects.size === 0;
  }

  /** A delivery was found to end whatever handles it. */
  recordCrash(position: number, cause: "worker" | "process"): void {
    this.#suspects.set(String(position), cause);
  }

  /** What the process died of is charged with it, once: its trial is over, and its next attempt is a trial too. */
  recordAttempt(position: number): void {
    this.#crashedOwner = {};
    this.recordCrash(position, "process");
  }

  /** The stretch of the feed that the owner before had in hand is settled. */
  clear(): void {
    this.#crashedOwner = undefined;
  }

  isolationOf(position: number): Isolation {
    const mark = this.#crashedOwner?.inFlight;
    if (mark !== undefined && mark.first <= position && position <= mark.last) {
      return mark.exclusive ? "condemned" : "exclusive";
    }
    const cause = this.#suspects.get(String(position));
    if (cause !== undefined) return cause === "worker" ? "isolated" : "exclusive";
    return this.#crashedOwner === undefined ? "none" : "journaled";
  }

  /** The batch in parts, in order. */
  split(batch: Batch): Slice[] {
    if (this.isEmpty) return [{ batch, isolation: "none" }];
    const isolations = linesOf(batch).map((line) => this.isolationOf(positionOf(line)));
    const slices: Slice[] = [];
    for (let start = 0, end = 1; start < isolations.length; start = end, end++) {
      const limit = start + MAX_SLICE[isolations[start]!];
      while (end < isolations.length && end < limit && isolations[end] === isolations[start]) end++;
      const whole = start === 0 && end === isolations.length;
      slices.push({ batch: whole ? batch : sliceBatch(batch, start, end), isolation: isolations[start]! });
    }
    return slices;
  }
}

const MAX_SLICE: Record<Isolation, number> = {
  none: Infinity,
  isolated: 1,
  journaled: MAX_JOURNALED,
  exclusive: 1,
  condemned: 1,
};
