/** `simtest`: runs schedules of faults, seed after seed, and shows the first that fail. @module */
import { command, type Output } from "../cli/command.ts";
import { exitCodes, UsageError } from "../cli/exit_codes.ts";
import type { Parsed, Values } from "../cli/options.ts";
import { outputOptions, printResult, toSnakeCase } from "../cli/output.ts";
import { formatRounded, Progress } from "../cli/terminal.ts";
import { wholeNumber } from "../../schema/settings.ts";
import { describeFault, drawPlan } from "../../simulators/simulation/plan.ts";
import { type FailedPlan, renderFailure, shrinkRun } from "../../simulators/simulation/failure.ts";
import { simulatePlan, type SimulationResult } from "../../simulators/simulation/simulation.ts";

const MAX_SEEDS = 1_000_000_000;

const options = {
  seeds: {
    schema: wholeNumber(1, MAX_SEEDS).optional(),
    value: "N",
    help: "this many schedules; default 1000",
  },
  from: { schema: wholeNumber(0, MAX_SEEDS).default(1), value: "N", help: "the first seed; default 1" },
  seed: { schema: wholeNumber(0, MAX_SEEDS).optional(), value: "N", help: "only this one, with its trace" },
  minutes: { schema: wholeNumber(1, 10_000).optional(), value: "M", help: "ends after this many minutes" },
  ...outputOptions,
} as const;

type SimtestValues = Values<typeof options>;

export const simtest = command({
  name: "simtest",
  ignoresConfiguration: true,
  summary: "Runs schedules of faults against the real runtime, in simulated time",
  options,
  notes: "A seed that fails is shown with the fewest faults that make it fail, and the exit code is 1.\n" +
    "The same seed always gives the same run.",
  async run({ values }: Parsed<typeof options>, output) {
    const many = values.seeds !== undefined || values.minutes !== undefined;
    if (values.seed !== undefined && many) {
      throw new UsageError("Cannot use --seed with --seeds or --minutes: it runs one");
    }
    return values.seed === undefined
      ? await runMany(values, output)
      : await runOne(values.seed, values, output);
  },
});

/** Failures that are shrunk and shown; more of them seldom add anything. */
const MAX_SHOWN = 5;

/** What many schedules came to. */
interface RunCounts {
  readonly from: number;
  schedules: number;
  readonly failed: number[];
  readonly shown: FailedPlan[];
  simulatedMs: number;
  readonly effects: Record<string, number>;
}

async function runMany(values: SimtestValues, output: Output): Promise<number> {
  const { seeds, from, minutes } = values;
  const most = seeds ?? (minutes === undefined ? 1_000 : Infinity);
  const began = performance.now();
  const progress = new Progress(output, {
    what: "schedules",
    total: Number.isFinite(most) ? most : undefined,
  });
  const runCounts: RunCounts = { from, schedules: 0, failed: [], shown: [], simulatedMs: 0, effects: {} };
  const timePassed = () => minutes === undefined ? 0 : (performance.now() - began) / (minutes * 60_000);
  while (runCounts.schedules < most && timePassed() < 1) {
    const run = await simulatePlan(drawPlan(from + runCounts.schedules));
    addRun(runCounts, run);
    if (run.breaches.length > 0 && runCounts.shown.length < MAX_SHOWN) {
      runCounts.shown.push(await shrinkRun(run));
      progress.print(renderFailure(runCounts.shown.at(-1)!));
    }
    progress.update(runCounts.schedules, Math.max(timePassed(), runCounts.schedules / most));
  }
  progress.clear();
  printCounts(runCounts, (performance.now() - began) / 1_000, values, output);
  return runCounts.failed.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function addRun(runCounts: RunCounts, { plan, breaches, effects, simulatedMs }: SimulationResult): void {
  runCounts.schedules++;
  runCounts.simulatedMs += simulatedMs;
  if (breaches.length > 0) runCounts.failed.push(plan.seed);
  for (const [kind, times] of effects) runCounts.effects[kind] = (runCounts.effects[kind] ?? 0) + times;
}

function printCounts(
  { from, schedules, failed, shown, simulatedMs, effects }: RunCounts,
  seconds: number,
  values: SimtestValues,
  output: Output,
): void {
  const per_minute = Math.round(schedules / seconds * 60);
  const json = {
    from,
    schedules,
    seconds: Math.round(seconds * 10) / 10,
    per_minute,
    failed,
    failures: toSnakeCase(shown),
    effects,
    simulated_seconds: Math.round(simulatedMs / 1_000),
  };
  const faults = Object.values(effects).reduce((sum, n) => sum + n, 0);
  const text = [
    `${formatRounded(schedules)} schedules from seed ${from}, ${formatRounded(per_minute)} a minute: ` +
    `${(simulatedMs / 3_600_000).toFixed(1)} hours and ${formatRounded(faults)} faults simulated`,
    failed.length === 0 ? "All of them hold" : `${failed.length} fail: ${failed.slice(0, 20).join(", ")}`,
  ].join("\n");
  printResult(output, values, { json, text });
}

async function runOne(seed: number, values: SimtestValues, output: Output): Promise<number> {
  const run = await simulatePlan(drawPlan(seed));
  const failure = run.breaches.length === 0 ? undefined : await shrinkRun(run);
  const { plan, hash, breaches, trace } = run;
  const text = [
    plan.faults.map(describeFault).join("\n") || "No faults",
    ...trace,
    failure === undefined ? `Seed ${seed} holds (trace ${hash})` : renderFailure(failure),
  ].join("\n");
  printResult(output, values, { json: toSnakeCase({ plan, hash, breaches, failure }) as object, text });
  return failure === undefined ? exitCodes.ok : exitCodes.failed;
}
