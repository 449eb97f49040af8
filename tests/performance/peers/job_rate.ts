/** What the programs of the peers share: what they are given, and how they print the rate. @module */
import { generateCases } from "../../../simulators/case_generator.ts";

/** The command line of a peer's program: `URL COUNT SEED`. */
export function asked(): { url: string; count: number; seed: string } {
  const [url, count, seed] = Deno.args;
  return { url: url!, count: Number(count), seed: seed! };
}

/** The same generated intakes for everybody. */
export function payloads(count: number, seed: string): Record<string, unknown>[] {
  return [...generateCases({ seed, count })].map(({ event }) => event.data);
}

/** Counts what was handled, from the first to the last. */
export class Handled {
  readonly done: Promise<void>;
  #resolve!: () => void;
  #began = 0;
  #count = 0;
  #ended = 0;

  constructor(readonly wanted: number) {
    this.done = new Promise((resolve) => this.#resolve = resolve);
  }

  /** So many more are handled. */
  add(count: number): void {
    this.#began ||= performance.now();
    this.#count += count;
    if (this.#count < this.wanted || this.#ended > 0) return;
    this.#ended = performance.now();
    this.#resolve();
  }

  /** The clock starts: work may be taken up from now on. */
  start(): void {
    this.#began = performance.now();
  }

  get perSecond(): number {
    return this.#count / (this.#ended - this.#began) * 1000;
  }
}

/** Tells the rate, for the comparison to read, and ends. */
export function printRate(
  figures: { name: string; version: string; configured: string; per_second: number },
): never {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(figures)}\n`));
  Deno.exit(0);
}
