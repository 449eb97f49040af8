/**
 * What a node process prints of its own life on standard error: that it opens its store, is ready, was asked to stop, and
 * how it ended. Lines for people, or JSON lines whose `event` says which it is.
 * @module
 */
import { paintNothing } from "../cli/color.ts";
import type { Output } from "../cli/command.ts";
import { formatInteger } from "../cli/redaction.ts";
import { Progress } from "../cli/terminal.ts";
import { isLogged, type LogLevel, toLogLine } from "../telemetry/log_line.ts";
import type { MetricsSnapshot } from "../telemetry/metrics.ts";

/** How a node came to run. */
interface ReadyFacts {
  readonly backend: string;
  /** Where the store is, without a password. */
  readonly where: string;
  readonly durability: string;
  /** Of /health and /metrics. */
  readonly url: string | undefined;
  /** Signs in once, so no log has it. */
  readonly consoleLink?: string | undefined;
}

/** Of the options of a node. */
interface ReporterOptions {
  readonly json: boolean;
  readonly node?: string | undefined;
  readonly "log-level"?: LogLevel;
}

/** How often the time that the opening takes is shown anew. */
const OPENING_EVERY_MS = 1_000;

/** Reports the life of a node, in the order of its methods. */
export class NodeReporter {
  readonly #json: boolean;
  readonly #node: string | undefined;
  readonly #level: LogLevel;
  readonly #output: Output;
  readonly #progress: Progress;
  readonly #began = performance.now();
  #step = "Opening the store";
  #timer: ReturnType<typeof setInterval> | undefined;
  #stopAskedAt: number | undefined;

  constructor({ json, node, "log-level": level = "info" }: ReporterOptions, output: Output) {
    this.#json = json;
    this.#node = node;
    this.#level = level;
    this.#output = output;
    const printJson = (line: string) => this.#print("opening", line);
    this.#progress = new Progress(json ? { ...output, terminal: false, err: printJson } : output, {
      what: "",
    });
  }

  /** A step of the opening began. It is shown at once on a terminal, and in a pipe when the opening takes long. */
  opening(step: string): void {
    this.#step = step;
    this.#drawOpening();
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#drawOpening(), OPENING_EVERY_MS);
    Deno.unrefTimer(this.#timer);
  }

  #drawOpening(): void {
    const seconds = Math.round((performance.now() - this.#began) / 1000);
    this.#progress.draw(() => [`${this.#step} (${seconds} s)`]);
  }

  /** The opening is over, well or not. */
  endOpening(): void {
    clearInterval(this.#timer);
    this.#progress.clear();
  }

  /** Something about the store that is no reason to refuse it. */
  notice(line: string): void {
    this.#progress.clear();
    this.#print("notice", line);
  }

  /** The node takes work. */
  ready({ backend, where, durability, url, consoleLink }: ReadyFacts): void {
    this.endOpening();
    const style = this.#output.paint?.err ?? paintNothing;
    this.#print("started", `${style("green", `Zaakstroom runs on ${backend}`)} (${where}): ${durability}`, {
      backend,
      where,
      durability,
      url,
    });
    const isShown = !this.#json && isLogged("info", this.#level);
    if (url !== undefined && isShown) this.#output.err(`See ${url}health and ${url}metrics`);
    if (consoleLink !== undefined && isShown) {
      this.#output.err(`Console, once within ten minutes: ${consoleLink}`);
    }
  }

  /** It was asked to stop, and settles what it has. */
  stopping(batches: number, withinMs: number): void {
    this.#stopAskedAt = performance.now();
    const what = batches === 1 ? "1 batch" : `${batches} batches`;
    const text = `Asked to stop: draining ${what}, for ${withinMs / 1000} s at most`;
    this.#print("stopping", text, { batches, within_ms: withinMs });
  }

  /** It has stopped; with what it did since its start. Prints nothing when the work ended by itself: its own summary says how. */
  stopped(settledAll: boolean, metrics: MetricsSnapshot): void {
    if (this.#stopAskedAt === undefined) return;
    const seconds = secondsSince(this.#stopAskedAt);
    const run = { seconds: secondsSince(this.#began), ...runCounts(metrics) };
    const rest = settledAll ? "" : ", with work unsettled: it is done again by the next node";
    const text = [`Stopped in ${seconds} s${rest}`, ...runLines(run)].join("\n");
    this.#print("stopped", text, { stopped_in_seconds: seconds, settled_all: settledAll, ...run });
  }

  #print(event: string, text: string, fields: object = {}): void {
    const level = event === "notice" ? "warn" : "info";
    if (!isLogged(level, this.#level)) return;
    const line = { at: Date.now(), level, event, msg: text, node: this.#node } as const;
    this.#output.err(this.#json ? toLogLine(line, fields) : text);
  }
}

function secondsSince(moment: number): number {
  return Math.round((performance.now() - moment) / 100) / 10;
}

/** What a node did, by outcome. */
function runCounts({ processed, retried, deadLettered, held, restarts }: MetricsSnapshot) {
  const settled = Object.values(processed).reduce((sum, { success }) => sum + success, 0);
  const cases = processed["case.intake"]?.success ?? 0;
  return { cases, settled, retried, dead_letters: deadLettered, held, restarts, events: processed };
}

function runLines({ seconds, ...run }: ReturnType<typeof runCounts> & { seconds: number }): string[] {
  const counts = [
    `${formatInteger(run.settled)} deliveries settled`,
    `${formatInteger(run.cases)} cases taken in`,
    `${run.retried} retries`,
    `${run.held} held`,
    `${run.dead_letters} dead letters`,
    `${run.restarts} restarts`,
  ];
  const types = Object.entries(run.events).map(([type, { success }]) =>
    `  ${type.padEnd(26)} ${formatInteger(success).padStart(12)}`
  );
  return [`In ${seconds} s: ${counts.join(", ")}`, ...types];
}
