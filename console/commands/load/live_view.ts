/** How a load run goes, while it goes: a few lines drawn over themselves on a terminal, a line now and then in a pipe. @module */
import type { SecondFigures } from "../../../simulators/load/load_figures.ts";
import type { Output } from "../../cli/command.ts";
import { formatRounded } from "../../cli/terminal.ts";

/** Between two lines in a pipe, in seconds. */
const PIPE_EVERY_S = 5;

export class LiveView {
  readonly #output: Output;
  readonly #write: (text: string) => void;
  #drawn = 0;

  /** `write` puts text on the terminal as it is. */
  constructor(output: Output, write: (text: string) => void) {
    this.#output = output;
    this.#write = write;
  }

  show(second: SecondFigures): void {
    if (!this.#output.terminal) {
      if (second.second % PIPE_EVERY_S === 0) this.#output.err(liveLines(second).join("; "));
      return;
    }
    this.clear();
    const lines = liveLines(second);
    this.#write(lines.map((line) => `${line}\n`).join(""));
    this.#drawn = lines.length;
  }

  /** Takes away what was drawn. */
  clear(): void {
    if (this.#drawn > 0) this.#write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }
}

/** A second of a run in words. */
function liveLines(second: SecondFigures): string[] {
  const { offered, appended, settled, behind, append_p99, end_to_end_p50, end_to_end_p99, processes } =
    second;
  return [
    `${second.second} s: ${formatRounded(offered)} offered, ${formatRounded(appended)} appended, ${
      formatRounded(settled)
    } settled, ` +
    `${formatRounded(behind)} behind`,
    `append p99 ${append_p99} ms, end to end p50 ${end_to_end_p50} ms, p99 ${end_to_end_p99} ms`,
    ...processes.map(({ name, cpu_percent, memory_mb }) =>
      `${name} ${cpu_percent} % of a core, ${formatRounded(memory_mb)} MB`
    ),
  ];
}
