/** The workers of a comparison: each has all lines of its cases, in order, and answers in the order in which it is asked. @module */
import { encodeLines } from "../../schema/delivery_line.ts";
import { numberOf } from "./case_facts.ts";
import type { BatchComparison, ComparisonSettings } from "./history_comparison.ts";
import type { ToComparisonWorker } from "./what_if_worker.ts";

export class ComparisonWorkers {
  readonly #workers: readonly ComparisonWorker[];
  /** Cases up to this number are part of the sample. */
  readonly #sampled: number;

  /** `sample`: the share of the cases that is compared, chosen by their ids: the same ones at every run. */
  constructor(count: number, sample: number, settings: ComparisonSettings) {
    this.#workers = Array.from({ length: count }, () => new ComparisonWorker(settings));
    this.#sampled = sample * 2 ** 53;
  }

  /** Compares lines, all of them or none. */
  async compare(lines: readonly string[]): Promise<readonly BatchComparison[]> {
    const slices: string[][] = this.#workers.map(() => []);
    for (const line of lines) {
      const number = numberOf(caseIdOf(line));
      if (number < this.#sampled) slices[number % slices.length]!.push(line);
    }
    const asked = slices.map((slice, i) => slice.length === 0 ? [] : [this.#workers[i]!.compare(slice)]);
    return await Promise.all(asked.flat());
  }

  close(): void {
    for (const worker of this.#workers) worker.close();
  }
}

const CASE_ID_FIELD = 7;

/** The eighth field of a delivery line. */
function caseIdOf(line: string): string {
  let from = 0;
  for (let field = 0; field < CASE_ID_FIELD; field++) from = line.indexOf("\t", from) + 1;
  return line.slice(from, line.indexOf("\t", from));
}

class ComparisonWorker {
  // Named literally, so that a compiled binary contains it.
  readonly #worker = new Worker(new URL("./what_if_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  } as WorkerOptions);
  readonly #asked: PromiseWithResolvers<BatchComparison>[] = [];
  #failure: Error | undefined;

  constructor(settings: ComparisonSettings) {
    this.#worker.onmessage = ({ data }) => this.#asked.shift()!.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#failure = new Error(`A worker of the comparison failed: ${event.message}`);
      for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
    };
    this.#post({ kind: "settings", settings });
  }

  compare(lines: readonly string[]): Promise<BatchComparison> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const asked = Promise.withResolvers<BatchComparison>();
    this.#asked.push(asked);
    this.#post({ kind: "lines", lines: encodeLines(lines) });
    return asked.promise;
  }

  #post(message: ToComparisonWorker): void {
    this.#worker.postMessage(message, message.kind === "lines" ? [message.lines.buffer as ArrayBuffer] : []);
  }

  close(): void {
    this.#worker.terminate();
  }
}
