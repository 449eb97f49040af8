/** Reads a history and has it compared by workers; what was compared is kept, so that a run can be taken up again. @module */
import { type EventStore, readLinesOf } from "../../backends/event_store.ts";
import { type Candidate, policy, processors } from "../../actors/application.ts";
import { addFigures, type ComparisonFigures, noFigures } from "./comparison_figures.ts";
import { ComparisonWorkers } from "./comparison_workers.ts";
import type { BatchComparison, ComparisonSettings } from "./history_comparison.ts";

/** How far a comparison is: plain data, to be written and read back. */
export interface ComparisonProgress {
  /** Everything up to this position is in the figures. */
  readonly position: number;
  readonly figures: ComparisonFigures;
  readonly differing: readonly number[];
}

interface HistoryOptions {
  readonly candidate: Candidate;
  readonly mode: ComparisonSettings["mode"];
  readonly seed: string;
  /** Share of the cases, above 0 and at most 1. */
  readonly sample: number;
  /** Cases that came in at this time or later, and at this time or before; ISO times by the store's clock. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Cases that began at this position or after it. */
  readonly fromPosition?: number;
  readonly workers: number;
  readonly signal: AbortSignal;
  /** What an earlier run had come to. */
  readonly earlier?: ComparisonProgress | undefined;
  /** Called after each batch. */
  readonly onProgress?: (progress: ComparisonProgress) => void;
}

/** Batches under way: with the two that the store reads ahead, what bounds the memory beside the open cases. */
const MOST_PENDING = 2;

/** Compares to the end, or until the signal aborts: then the progress is what is needed to go on. */
export async function compareHistory(
  store: EventStore,
  options: HistoryOptions,
): Promise<ComparisonProgress> {
  const workers = new ComparisonWorkers(options.workers, options.sample, settingsOf(options));
  const sum = new ComparisonSum(options);
  const pending: { readonly position: number; readonly comparisons: Promise<readonly BatchComparison[]> }[] =
    [];
  const settle = async () => {
    const { position, comparisons } = pending.shift()!;
    sum.add(position, await comparisons);
  };
  try {
    for await (const lines of readLinesOf(store, rangeOf(options))) {
      if (options.signal.aborted) break;
      const comparisons = workers.compare(lines);
      // It is awaited in the order of the batches, which may be after it failed.
      comparisons.catch(() => {});
      pending.push({ position: positionOf(lines.at(-1)!), comparisons });
      if (pending.length >= MOST_PENDING) await settle();
    }
    while (pending.length > 0) await settle();
    return sum.progress;
  } finally {
    workers.close();
  }
}

class ComparisonSum {
  readonly #figures: ComparisonFigures;
  readonly #differing: number[];
  readonly #doneUpTo: number;
  readonly #onProgress: (progress: ComparisonProgress) => void;
  #position: number;

  constructor({ earlier, onProgress = () => {} }: HistoryOptions) {
    this.#figures = noFigures();
    if (earlier !== undefined) addFigures(this.#figures, earlier.figures);
    this.#differing = [...earlier?.differing ?? []];
    this.#doneUpTo = this.#position = earlier?.position ?? 0;
    this.#onProgress = onProgress;
  }

  get progress(): ComparisonProgress {
    return { position: this.#position, figures: this.#figures, differing: this.#differing };
  }

  add(position: number, comparisons: readonly BatchComparison[]): void {
    for (const { figures, differing } of comparisons) {
      addFigures(this.#figures, figures);
      this.#differing.push(...differing);
    }
    this.#position = Math.max(position, this.#doneUpTo);
    this.#onProgress({ ...this.progress, position });
  }
}

function settingsOf({ candidate, mode, seed, to, earlier }: HistoryOptions): ComparisonSettings {
  return {
    candidate,
    mandates: policy.mandates,
    mode,
    seed,
    doneUpTo: earlier?.position ?? 0,
    differing: earlier?.differing ?? [],
    until: to === undefined ? Infinity : Date.parse(to),
  };
}

/** What no processor takes or folds is not read. */
const types = [...new Set(processors.flatMap(({ takes, folds }) => [...takes, ...folds]))];

function rangeOf({ from, fromPosition = 1 }: HistoryOptions) {
  return { types, fromPosition, ...(from === undefined ? {} : { fromTime: from }) };
}

function positionOf(line: string): number {
  return Number(line.slice(0, line.indexOf("\t")));
}
