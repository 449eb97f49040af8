/** Printing: lines in a pipe, a line drawn over itself on a terminal. @module */
import type { Output } from "./command.ts";
import { OutputClosed } from "./exit_codes.ts";

const encoder = new TextEncoder();

/** The real output of the process. */
export const processOutput: Output = {
  out: (line) => {
    if (!writeAll(Deno.stdout, `${line}\n`)) throw new OutputClosed();
  },
  // Without anybody to tell, the work goes on.
  err: (line) => void writeAll(Deno.stderr, `${line}\n`),
  terminal: Deno.stderr.isTerminal(),
};

/** False when whoever read us has gone. */
function writeAll(to: { writeSync(bytes: Uint8Array): number }, text: string): boolean {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    return false;
  }
}

/** Tells how far a long piece of work is: over itself on a terminal, a line now and then in a pipe. */
export class ProgressMeter {
  readonly #output: Output;
  readonly #what: string;
  readonly #total: number | undefined;
  readonly #began = performance.now();
  #shownAt = 0;
  #drawn = false;

  constructor(output: Output, what: string, total?: number) {
    this.#output = output;
    this.#what = what;
    this.#total = total;
  }

  show(done: number): void {
    const now = performance.now();
    if (now - this.#shownAt < (this.#output.terminal ? 200 : 5_000)) return;
    this.#shownAt = now;
    const line = progressLine(this.#what, done, this.#total, (now - this.#began) / 1000);
    if (this.#output.terminal) writeAll(Deno.stderr, `\r\x1b[K${line}`);
    else this.#output.err(line);
    this.#drawn = this.#output.terminal;
  }

  /** Clears what was drawn. */
  end(): void {
    if (this.#drawn) writeAll(Deno.stderr, "\r\x1b[K");
  }
}

/** `12,000 of 20,000 cases, 4,000/s, 2 s to go`. */
export function progressLine(what: string, done: number, total: number | undefined, seconds: number): string {
  const rate = seconds > 0 ? done / seconds : 0;
  const parts = [
    `${formatRounded(done)}${total === undefined ? "" : ` of ${formatRounded(total)}`} ${what}`,
    `${formatRounded(rate)}/s`,
  ];
  if (total !== undefined && rate > 0) parts.push(`${formatRounded((total - done) / rate)} s to go`);
  return parts.join(", ");
}

/** A number with thousands separated, rounded. */
export function formatRounded(value: number): string {
  return Math.round(value).toLocaleString("en-GB");
}

/** What goes on right now, on a terminal only: drawn over itself, and gone when it is over. */
export class StatusLine {
  readonly #terminal: boolean;
  #drawn = false;

  constructor({ terminal }: Output) {
    this.#terminal = terminal;
  }

  show(text: string): void {
    if (!this.#terminal) return;
    writeAll(Deno.stderr, `\r\x1b[K${text.slice(0, 110)}`);
    this.#drawn = true;
  }

  clear(): void {
    if (this.#drawn) writeAll(Deno.stderr, "\r\x1b[K");
    this.#drawn = false;
  }
}
