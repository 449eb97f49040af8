/** Printing: lines in a pipe, lines drawn over themselves on a terminal. @module */
import type { Output } from "./command.ts";
import { painterFor } from "./color.ts";
import { OutputClosed } from "./exit_codes.ts";
import { formatDuration } from "./redaction.ts";

const encoder = new TextEncoder();

/** The real output of the process. */
export const processOutput: Output = {
  out: (line) => {
    if (!writeAll(Deno.stdout, `${line}\n`)) throw new OutputClosed();
  },
  write: async (text) => {
    if (!await writeAllAsync(text)) throw new OutputClosed();
  },
  // When standard error is closed, the work goes on.
  err: (line) => void writeAll(Deno.stderr, `${line}\n`),
  terminal: Deno.stderr.isTerminal(),
  paint: { out: painterFor(Deno.stdout.isTerminal()), err: painterFor(Deno.stderr.isTerminal()) },
  get width() {
    return Deno.stdout.isTerminal() ? terminalWidth() : undefined;
  },
};

async function writeAllAsync(text: string | Uint8Array): Promise<boolean> {
  let bytes = typeof text === "string" ? encoder.encode(text) : text;
  try {
    while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
    return true;
  } catch (error) {
    if (isClosed(error)) return false;
    throw error;
  }
}

/** False when the reader of the pipe has closed it, or the terminal is gone. */
function writeAll(to: { writeSync(bytes: Uint8Array): number }, text: string): boolean {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
    return true;
  } catch (error) {
    if (isClosed(error)) return false;
    throw error;
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || (error as { code?: string }).code === "EIO";
}

/** Between two pictures on a terminal, and between two lines in a pipe. */
const TERMINAL_EVERY_MS = 200;
const PIPE_EVERY_MS = 5_000;

interface ProgressOptions {
  /** What is counted: `cases`. */
  readonly what: string;
  /** How many there will be, where it is known. */
  readonly total?: number | undefined;
  readonly now?: () => number;
  /** Puts text on the terminal as it is. */
  readonly write?: (text: string) => void;
}

/**
 * How far a long piece of work is, on standard error whatever the format of the result: a few lines drawn over themselves
 * on a terminal, in a pipe one line every five seconds.
 */
export class Progress {
  readonly #output: Output;
  readonly #options: ProgressOptions;
  readonly #now: () => number;
  readonly #write: (text: string) => void;
  readonly #began: number;
  #shownAt: number;
  #drawn = 0;

  constructor(output: Output, options: ProgressOptions) {
    this.#output = output;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#write = options.write ?? ((text) => void writeAll(Deno.stderr, text));
    this.#began = this.#now();
    // On a terminal at once; in a pipe work that takes less than an interval is not mentioned.
    this.#shownAt = output.terminal ? -Infinity : this.#began;
  }

  /** So much is done. `fraction`: of all there is to do, where it is known by another measure than the total. */
  update(done: number, fraction?: number): void {
    const { what, total } = this.#options;
    const part = fraction ?? (total === undefined ? undefined : done / total);
    this.draw(() => [progressLine(what, done, total, part, this.#now() - this.#began)]);
  }

  /** These lines, when it is time for them; in a pipe they are one. */
  draw(lines: () => readonly string[]): void {
    const now = this.#now();
    if (now - this.#shownAt < (this.#output.terminal ? TERMINAL_EVERY_MS : PIPE_EVERY_MS)) return;
    this.#shownAt = now;
    if (!this.#output.terminal) return this.#output.err(lines().join("; "));
    const width = terminalWidth();
    const picture = lines().map((line) => line.slice(0, width - 1));
    this.clear();
    this.#write(picture.map((line) => `${line}\n`).join(""));
    this.#drawn = picture.length;
  }

  /** `, 3 min to go`; empty as long as nothing is known. */
  timeLeft(fraction: number): string {
    return timeLeft(fraction, this.#now() - this.#began);
  }

  /** A line that stays. */
  print(line: string): void {
    this.clear();
    this.#output.err(line);
  }

  /** Takes away what was drawn. */
  clear(): void {
    if (this.#drawn > 0) this.#write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }
}

/** Columns of the terminal; one that has no size, as under a recorder, and a test are taken for the usual 80. */
function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** `12,000 of 20,000 cases, 4,000/s, 2 s to go`. `fraction` is undefined when nothing is known of the end. */
export function progressLine(
  what: string,
  done: number,
  total: number | undefined,
  fraction: number | undefined,
  elapsedMs: number,
): string {
  const of = total === undefined ? "" : ` of ${formatRounded(total)}`;
  const rate = formatRounded(elapsedMs > 0 ? done / elapsedMs * 1_000 : 0);
  return `${formatRounded(done)}${of} ${what}, ${rate}/s${timeLeft(fraction ?? 0, elapsedMs)}`;
}

function timeLeft(fraction: number, elapsedMs: number): string {
  if (!(fraction > 0) || elapsedMs <= 0) return "";
  return `, ${formatDuration(elapsedMs * Math.max(0, 1 / fraction - 1))} to go`;
}

/** A number with thousands separated, rounded. */
export function formatRounded(value: number): string {
  return Math.round(value).toLocaleString("en-GB");
}
