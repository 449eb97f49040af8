/** `chaos`: strikes real servers, processes and networks, and proves by the ledger that nothing came of it. @module */
import { join } from "node:path";
import { natsUrl, oneOf, postgresUrl, rate, serverUrl, text, wholeNumber } from "../../schema/settings.ts";
import { duration, flag } from "../../schema/settings.ts";
import type { RunResult } from "../../simulators/chaos/run_scenario.ts";
import { scenarios } from "../../simulators/chaos/scenarios.ts";
import type { BackendName } from "../../simulators/chaos/testbed/testbed.ts";
import { faults, testbedFaultNames } from "../../simulators/faults/all.ts";
import { type ChaosResult, formatMs, hasPassed, worstOf } from "../../simulators/chaos/report/summary.ts";
import { jsonOption } from "../store/open_backend.ts";
import { command, type Output } from "../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../cli/exit_codes.ts";
import type { Parsed, Values } from "../cli/options.ts";
import { listenForStop } from "../cli/shutdown.ts";
import { StatusLine } from "../cli/terminal.ts";

const names = scenarios.map(({ name }) => name);

const chaosOptions = {
  backend: {
    schema: oneOf(["postgres", "nats", "both", "memory"]).default("postgres"),
    value: "NAME",
    help: "postgres, nats, both, or memory (workers only: there is nothing else to strike); default postgres",
  },
  scenario: {
    schema: oneOf(["all", ...names]).default("all"),
    value: "NAME",
    help: "what to play; --list explains each; default all",
  },
  seed: {
    schema: text.optional(),
    value: "TEXT",
    help: "the same seed plays the same plan; default: a new one",
  },
  duration: {
    schema: duration.default(20_000),
    value: "TIME",
    help: "how long the load of each run lasts, at least 3s; default 20s",
  },
  rate: { schema: rate.default(150), value: "RATE", help: "events to append, e.g. 500/sec; default 150/sec" },
  url: {
    schema: serverUrl.optional(),
    value: "URL",
    help: "a server to use, never killed; default: servers of its own, in a temporary directory",
  },
  parallel: {
    schema: wholeNumber(1, 16).default(Math.max(1, Math.min(4, navigator.hardwareConcurrency))),
    value: "N",
    help: "runs at once; default one a core, at most 4",
  },
  report: { schema: text.optional(), value: "DIR", help: "write chaos.md and chaos.html there" },
  list: { schema: flag, help: "explain the scenarios and the faults, and end" },
  json: jsonOption,
} as const;

type ChaosValues = Values<typeof chaosOptions>;

const MIN_DURATION_MS = 3_000;

export const chaos = command({
  name: "chaos",
  summary: "Injects faults into real backends, and proves that nothing is lost",
  options: chaosOptions,
  notes: [
    "Examples:",
    "  zaakstroom chaos --backend both --scenario network_partition",
    "  zaakstroom chaos --backend both --scenario all --duration 20s --report chaos-report",
    "",
    "Each run: warm-up, fault, proof that the fault took effect, heal, drain, ledger, verdict.",
    "Exit codes: 0 everything passed, 1 a run failed or a backend that was asked for is not to be had,",
    "2 usage, 4 no nats-server for --backend nats, 130 interrupted by a second signal.",
  ].join("\n"),
  async run({ values, positional }: Parsed<typeof chaosOptions>, output) {
    if (positional.length > 0) throw new UsageError(`chaos takes no arguments: ${positional[0]}`);
    if (values.list) return list(values, output);
    validateOptions(values);
    return await runAll(values, output);
  },
});

function validateOptions({ backend, url, duration }: ChaosValues): void {
  if (duration < MIN_DURATION_MS) throw new UsageError("Cannot use --duration: it must be at least 3s");
  if (Deno.build.standalone) {
    throw new UsageError("chaos runs from the source only: a compiled program has no way to hurt itself");
  }
  if (url === undefined) return;
  const fits = backend === "postgres" ? postgresUrl : backend === "nats" ? natsUrl : undefined;
  if (fits === undefined) throw new UsageError(`Cannot use --url with --backend ${backend}`);
  if (!fits.safeParse(url).success) {
    throw new UsageError(`Cannot use --url: with --backend ${backend} it begins with ${backend}://`);
  }
}

function list({ json }: ChaosValues, { out }: Output): number {
  const kinds = testbedFaultNames.map((name) => ({ name, does: faults[name].does }));
  if (json) {
    out(JSON.stringify({ scenarios, faults: kinds }));
    return exitCodes.ok;
  }
  const width = Math.max(...[...names, ...Object.keys(faults)].map((name) => name.length));
  out("Scenarios:");
  for (const { name, about } of scenarios) out(`  ${name.padEnd(width)}  ${about}`);
  out("\nFaults:");
  for (const { name, does } of kinds) out(`  ${name.padEnd(width)}  ${does}`);
  return exitCodes.ok;
}

async function runAll(values: ChaosValues, output: Output): Promise<number> {
  const requests = listenForStop(false);
  const status = new StatusLine(output);
  requests.immediate.then(() => Deno.exit(exitCodes.interrupted));
  try {
    const result = await runWith(values, requests.graceful, status, output);
    status.clear();
    if (values.report !== undefined) await writeReport(values.report, result, output);
    output.out(values.json ? JSON.stringify(withoutSeries(result)) : lastLine(result));
    return hasPassed(result) ? exitCodes.ok : exitCodes.failed;
  } finally {
    status.clear();
    requests.close();
  }
}

async function runWith(
  values: ChaosValues,
  signal: AbortSignal,
  status: StatusLine,
  output: Output,
): Promise<ChaosResult> {
  // Loaded here: no other command needs any of it.
  const { NO_NATS, runScenarios: play } = await import("../../simulators/chaos.ts");
  const seed = values.seed ?? crypto.randomUUID().slice(0, 8);
  const phases = new Map<string, string>();
  const { runs, missing, notPlayed } = await play({
    backends: values.backend === "both" ? ["postgres", "nats"] : [values.backend as BackendName],
    scenarios: scenarios.filter(({ name }) => values.scenario === "all" || values.scenario === name),
    seed,
    durationMs: values.duration,
    perSecond: values.rate,
    url: values.url,
    syncs: true,
    parallel: values.parallel,
    signal,
    onPhase(run, phase) {
      phases.set(run, phase);
      status.show([...phases].map(([run, phase]) => `${run}: ${phase}`).join("; "));
    },
    onResult(result) {
      phases.delete(`${result.scenario} on ${result.backend}`);
      status.clear();
      for (const line of resultLines(result)) output.err(line);
    },
  });
  if (values.backend === "nats" && missing.length > 0) {
    throw new CommandError(exitCodes.unavailable, `There is ${NO_NATS}`);
  }
  for (const what of missing) output.err(`skipped, though it was asked for: ${what}`);
  for (const what of notPlayed) output.err(`not played: ${what}`);
  return { at: new Date().toISOString(), seed, runs, missing, notPlayed };
}

/** A run in a line, and one more for everything that is wrong with it. */
function resultLines({ scenario, backend, faults, failures, accepted, drainMs }: RunResult): string[] {
  const detected = formatMs(worstOf(faults, ({ detectedMs }) => detectedMs));
  const recovered = formatMs(worstOf(faults, ({ recoveredMs }) => recoveredMs));
  const verdict = failures.length === 0 ? "passed" : "FAILED";
  const figures = `${accepted} events, detected ${detected}, recovered ${recovered}, drained ${
    formatMs(drainMs)
  }`;
  return [`${verdict} ${scenario} on ${backend}: ${figures}`, ...failures.map((failure) => `  ${failure}`)];
}

async function writeReport(directory: string, result: ChaosResult, { err }: Output): Promise<void> {
  const { markdownReport } = await import("../../simulators/chaos/report/markdown.ts");
  const { htmlReport } = await import("../../simulators/chaos/report/html.ts");
  try {
    await Deno.mkdir(directory, { recursive: true });
    await Deno.writeTextFile(join(directory, "chaos.md"), markdownReport(result));
    await Deno.writeTextFile(join(directory, "chaos.html"), htmlReport(result));
  } catch (error) {
    throw new CommandError(
      exitCodes.unusable,
      `Cannot write the report to ${directory}: ${(error as Error).message}`,
    );
  }
  err(`Report: ${join(directory, "chaos.html")}`);
}

/** For programs: without the series, which only a chart needs. */
function withoutSeries(result: ChaosResult) {
  const runs = result.runs.map(({ series: _, ...run }) => run);
  return { passed: hasPassed(result), ...result, runs };
}

function lastLine(result: ChaosResult): string {
  const failed = result.runs.filter(({ failures }) => failures.length > 0).length;
  const verdict = hasPassed(result) ? "Passed" : "FAILED";
  return `${verdict}: ${result.runs.length} runs, ${failed} failed, seed ${result.seed}`;
}
