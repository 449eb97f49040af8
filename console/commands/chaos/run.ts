/** Plays the scenarios, prints what came of each, and writes the report. @module */
import { fileURLToPath } from "node:url";
import { NO_NATS, runScenarios } from "../../../simulators/chaos.ts";
import { type ChaosResult, hasPassed, worstOf } from "../../../simulators/chaos/report/summary.ts";
import { formatCounted, formatMs } from "../../../simulators/reports/number_format.ts";
import type { RunResult } from "../../../simulators/chaos/run_scenario.ts";
import { scenarios } from "../../../simulators/chaos/scenarios.ts";
import type { BackendName } from "../../../simulators/chaos/testbed/testbed.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { printResult, toSnakeCase } from "../../cli/output.ts";
import { prepareReports, writeReport } from "../../cli/report_files.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { Progress } from "../../cli/terminal.ts";
import type { ChaosValues } from "./options.ts";

/** Runs what was asked for; returns the exit code. */
export async function runChaos(values: ChaosValues, output: Output): Promise<number> {
  if (values.report !== undefined) await prepareReports(values.report);
  const requests = listenForStop(false);
  requests.immediate.then(() => Deno.exit(exitCodes.interrupted));
  try {
    const result = await playAll(values, requests.graceful, output);
    if (values.report !== undefined) await reportTo(values.report, result, output);
    printChaos(result, values, output);
    return hasPassed(result) ? exitCodes.ok : exitCodes.failed;
  } finally {
    requests.close();
  }
}

async function playAll(values: ChaosValues, signal: AbortSignal, output: Output): Promise<ChaosResult> {
  const seed = values.seed ?? crypto.randomUUID().slice(0, 8);
  const backends = values.backend === "both"
    ? ["postgres", "nats"] as const
    : [values.backend as BackendName];
  const chosen = scenarios.filter(({ name }) => values.scenario === "all" || values.scenario === name);
  const view = new RunsView(output, chosen.length * backends.length);
  try {
    const played = await runScenarios({
      backends,
      scenarios: chosen,
      seed,
      durationMs: values.duration,
      perSecond: values.rate,
      url: values.url,
      syncs: true,
      parallel: values.parallel,
      nodeEntry: fileURLToPath(new URL("./node_entry.ts", import.meta.url)),
      signal,
      onPhase: (run, phase) => view.onPhase(run, phase),
      onResult: (result) => view.onResult(result),
    });
    if (values.backend === "nats" && played.missing.length > 0) {
      throw new CommandError(exitCodes.unavailable, `There is ${NO_NATS}`);
    }
    for (const what of played.missing) output.err(`skipped, though it was asked for: ${what}`);
    for (const what of played.notPlayed) output.err(`not played: ${what}`);
    return { at: new Date().toISOString(), seed, ...played };
  } finally {
    view.clear();
  }
}

/** The runs that go on, with their phases; and a few lines for each that has ended. */
class RunsView {
  readonly #progress: Progress;
  /** At most: a scenario that a backend can't play is not a run. */
  readonly #total: number;
  readonly #phases = new Map<string, string>();
  #done = 0;

  constructor(output: Output, total: number) {
    this.#progress = new Progress(output, { what: "runs", total });
    this.#total = total;
  }

  onPhase(run: string, phase: string): void {
    this.#phases.set(run, phase);
    const left = this.#progress.timeLeft(this.#done / this.#total);
    this.#progress.draw(() => [
      `${this.#done} of at most ${this.#total} runs${left}`,
      ...[...this.#phases].map(([run, phase]) => `${run}: ${phase}`),
    ]);
  }

  onResult(result: RunResult): void {
    this.#phases.delete(`${result.scenario} on ${result.backend}`);
    this.#done++;
    for (const line of resultLines(result)) this.#progress.print(line);
  }

  clear(): void {
    this.#progress.clear();
  }
}

/** A run in a line, and one more for everything that is wrong with it. */
function resultLines(run: RunResult): string[] {
  const { scenario, backend, failures, accepted } = run;
  const [detected, recovered, drained] = timesOf(run).map(formatMs);
  const verdict = failures.length === 0 ? "passed" : "FAILED";
  const figures = `${accepted} events, detected ${detected}, recovered ${recovered}, drained ${drained}`;
  return [`${verdict} ${scenario} on ${backend}: ${figures}`, ...failures.map((failure) => `  ${failure}`)];
}

function timesOf({ faults, drainMs }: RunResult) {
  return [
    worstOf(faults, ({ detectedMs }) => detectedMs),
    worstOf(faults, ({ recoveredMs }) => recoveredMs),
    drainMs,
  ] as const;
}

async function reportTo(directory: string, result: ChaosResult, { err }: Output): Promise<void> {
  const { chaosReport } = await import("../../../simulators/chaos/report/chaos_report.ts");
  err(`Report: ${await writeReport(directory, chaosReport(result))}`);
}

function printChaos(result: ChaosResult, values: ChaosValues, output: Output): void {
  const failed = result.runs.filter(({ failures }) => failures.length > 0).length;
  const verdict = hasPassed(result) ? "Passed" : "FAILED";
  // For programs without the series, which only a chart needs.
  const runs = result.runs.map(({ series: _, ...run }) => run);
  printResult(output, values, {
    json: toSnakeCase({ passed: hasPassed(result), ...result, runs }) as object,
    rows: result.runs.map(rowOf),
    text: `${verdict}: ${formatCounted(result.runs.length, "run")}, ${failed} failed, seed ${result.seed}`,
  });
}

/** A run as a line of NDJSON or CSV. */
function rowOf(run: RunResult) {
  const { scenario, backend, seed, accepted, settled, failures } = run;
  const [detected_ms = null, recovered_ms = null, drain_ms] = timesOf(run);
  const counts = { passed: failures.length === 0, accepted, settled };
  return { scenario, backend, seed, ...counts, detected_ms, recovered_ms, drain_ms, failures };
}
