/**
 * Which deliveries crash, as far as an actor knows, and how isolated each delivery must therefore be handled.
 *
 * A delivery that killed a worker is handled alone from then on. One that kills the whole process cannot be identified
 * afterwards. So an actor that takes over from a crashed owner marks in the store what it is about to handle: up to 64
 * deliveries together at first and, when the process dies again, each of those alone with nothing else running. The
 * next crash then has one certain cause, which is charged with a failed attempt. Without a crash nothing is marked.
 * @module
 */
import { type Batch, linesOf, positionOf, sliceBatch } from "../../backends/mailbox/batch.ts";
import type { CrashedOwner, InFlightMark } from "../../backends/mailbox/mailbox.ts";
import { BoundedCache } from "../../backends/primitives/bounded_cache.ts";
import { parseLine } from "../../schema/delivery_line.ts";
import type { PassCulprit } from "../passes/pass_culprit.ts";
import type { BatchResult } from "../worker/protocol.ts";
import { failedResult } from "./crash_result.ts";
import { splitAroundSuspect } from "./split_batch.ts";

/**
 * `isolated`: it killed a worker before, and is handled alone; `journaled`: marked before it is handled; `exclusive`:
 * marked, alone, and nothing else runs meanwhile; `condemned`: not handled, since the process died of it; `failed`: not
 * handled, since it failed in a pass.
 */
type Isolation = "none" | "isolated" | "journaled" | "exclusive" | "condemned" | "failed";

/** Deliveries that are handled together. */
export interface Slice {
  readonly batch: Batch;
  readonly isolation: Isolation;
}

/** Suspects that an actor remembers at most; a forgotten one is found again. */
const MAX_SUSPECTS = 1_000;

const MAX_SLICE: Record<Isolation, number> = {
  none: Infinity,
  isolated: 1,
  journaled: 64,
  exclusive: 1,
  condemned: 1,
  failed: 1,
};

export class Quarantine {
  readonly #suspects = new BoundedCache<"worker" | "process">(MAX_SUSPECTS);
  #crashedOwner: CrashedOwner | undefined;
  #culprit: PassCulprit | undefined;

  constructor(crashedOwner: CrashedOwner | undefined) {
    this.#crashedOwner = crashedOwner;
  }

  get isEmpty(): boolean {
    return this.isCleared && this.#suspects.size === 0 && this.#culprit === undefined;
  }

  /** What a crashed owner had in hand, if there was one, is settled. */
  get isCleared(): boolean {
    return this.#crashedOwner === undefined;
  }

  /** What the last pass came to nothing of, until the next one that does. */
  accuse(culprit: PassCulprit | undefined): void {
    this.#culprit = culprit;
    if (culprit?.kind === "killed") this.recordCrash(culprit.position, "worker");
  }

  /** The result of this one delivery, where it failed in a pass. */
  failedInPass(slice: Batch): BatchResult | undefined {
    return this.#culprit?.kind === "failed" && this.#isCulprit(linesOf(slice)[0]!)
      ? failedResult(this.#culprit.failed)
      : undefined;
  }

  /** The delivery at this position crashed what handled it. */
  recordCrash(position: number, cause: "worker" | "process"): void {
    this.#suspects.set(String(position), cause);
  }

  /** Charges the crash of the process to the one delivery of this slice: its mark is used up, its next attempt is exclusive. */
  recordAttempt(slice: Batch): void {
    this.#crashedOwner = {};
    this.recordCrash(positionOf(linesOf(slice)[0]!), "process");
  }

  /** What the crashed owner had in hand is settled. */
  clear(): void {
    this.#crashedOwner = undefined;
  }

  /** Whether this is the delivery that is accused. One that failed in a pass was charged with that one attempt. */
  #isCulprit(line: string): boolean {
    const culprit = this.#culprit;
    if (culprit === undefined || culprit.kind === "killed") return false;
    if (culprit.kind === "failed" && positionOf(line) !== culprit.failed.position) return false;
    const { attempt, event: { correlation_id: caseId } } = parseLine(line);
    return culprit.kind === "failed" ? attempt === culprit.failed.attempt : caseId === culprit.caseId;
  }

  #isolationOfLine(line: string): Isolation {
    if (!this.#isCulprit(line)) return this.isolationOf(positionOf(line));
    return this.#culprit!.kind === "failed" ? "failed" : "isolated";
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

  /** The batch in slices of equal isolation, in order. */
  split(batch: Batch): Slice[] {
    if (this.isEmpty) return [{ batch, isolation: "none" }];
    const isolations = linesOf(batch).map((line) => this.#isolationOfLine(line));
    const slices: Slice[] = [];
    for (let start = 0, end = 1; start < isolations.length; start = end, end++) {
      const limit = start + MAX_SLICE[isolations[start]!];
      while (end < isolations.length && end < limit && isolations[end] === isolations[start]) end++;
      const whole = start === 0 && end === isolations.length;
      slices.push({ batch: whole ? batch : sliceBatch(batch, start, end), isolation: isolations[start]! });
    }
    return slices;
  }

  /** Records the suspect of a worker's death, by its index in the slice, and splits the slice around it. */
  splitAfterCrash(slice: Batch, suspect: number | undefined): Slice[] {
    if (suspect !== undefined && suspect < slice.count) {
      this.recordCrash(positionOf(linesOf(slice)[suspect]!), "worker");
    }
    return splitAroundSuspect(slice, suspect).flatMap((part) => this.split(part));
  }
}

/** What is written to the store before this slice is handled. */
export function inFlightMarkOf({ batch, isolation }: Slice): InFlightMark {
  const lines = linesOf(batch);
  return {
    first: positionOf(lines[0]!),
    last: positionOf(lines.at(-1)!),
    exclusive: isolation === "exclusive",
  };
}
