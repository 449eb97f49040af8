/** `simulate`: generates cases, into a store or as text. @module */
import type { Backend } from "../../backends/backend.ts";
import { caseLine, generateCases } from "../../simulators/case_generator.ts";
import { distributionReport } from "../../simulators/reports/distribution_report.ts";
import { explainFigures, renderExplanation } from "../../simulators/cases/figure_sources.ts";
import { appendGeneratedCases } from "../../simulators/load/case_feed.ts";
import { renderReport } from "../../simulators/reports/distribution_text.ts";
import { type CaseVariantName, caseVariantNames } from "../../simulators/cases/variants.ts";
import { duration, flag, oneOf, rate, text, wholeNumber } from "../../schema/settings.ts";
import { openBackend } from "../store/open_backend.ts";
import { backendOptions, jsonOption } from "../store/options.ts";
import { command, type Output } from "../cli/command.ts";
import { exitCodes, UsageError } from "../cli/exit_codes.ts";
import type { Parsed, Values } from "../cli/options.ts";
import { listenForStop } from "../cli/shutdown.ts";
import { formatRounded, ProgressMeter } from "../cli/terminal.ts";

const simulateOptions = {
  ...backendOptions,
  backend: {
    ...backendOptions.backend,
    schema: oneOf(["postgres", "nats", "memory", "none"]).default("postgres"),
    help: "postgres, nats, memory (kept nowhere); none prints the cases as NDJSON; default postgres",
  },
  count: {
    schema: wholeNumber(1, 100_000_000).optional(),
    value: "N",
    help: "so many cases; default 1000 without --duration",
  },
  rate: {
    schema: rate.optional(),
    value: "RATE",
    help: "at this rate, e.g. 100/sec; default: as fast as it goes",
  },
  duration: { schema: duration.optional(), value: "TIME", help: "for so long, e.g. 60s" },
  seed: {
    schema: text.optional(),
    value: "TEXT",
    help: "the same seed gives the same cases; default: a new one",
  },
  scenario: {
    schema: oneOf(caseVariantNames as [string, ...string[]]).default("none"),
    value: "NAME",
    help: `a labelled departure from the sourced figures: ${caseVariantNames.join(", ")}`,
  },
  explain: { schema: flag, help: "show which figures are sourced and which are assumptions, and end" },
  report: { schema: flag, help: "put sourced and generated shares side by side (with --backend none)" },
  json: jsonOption,
} as const;

type SimulateValues = Values<typeof simulateOptions>;

export const simulate = command({
  name: "simulate",
  summary: "Generates cases as Dutch debt assistance sees them",
  options: simulateOptions,
  async run({ values, positional }: Parsed<typeof simulateOptions>, output) {
    if (positional.length > 0) throw new UsageError(`simulate takes no arguments: ${positional[0]}`);
    if (values.explain) return printFigures(values, output);
    if (values.report && values.backend !== "none") {
      throw new UsageError("Cannot use --report without --backend none");
    }
    return values.backend === "none" ? await print(values, output) : await store(values, output);
  },
});

function generatorOptions({ seed, scenario, count, duration }: SimulateValues) {
  const cases = count ?? (duration === undefined ? 1_000 : Infinity);
  return { seed: seed ?? crypto.randomUUID(), scenario: scenario as CaseVariantName, count: cases };
}

function printFigures({ scenario, json }: SimulateValues, { out }: Output): number {
  const rows = explainFigures(scenario as CaseVariantName);
  out(json ? JSON.stringify(rows) : renderExplanation(rows));
  return exitCodes.ok;
}

async function print(values: SimulateValues, { out }: Output): Promise<number> {
  if (values.rate !== undefined || values.duration !== undefined) {
    throw new UsageError(
      "Cannot use --rate or --duration with --backend none: it prints as fast as it is read",
    );
  }
  const cases = generateCases(generatorOptions(values));
  if (values.report) {
    const report = distributionReport(cases, values.scenario as CaseVariantName);
    out(values.json ? JSON.stringify(report) : renderReport(report));
    return exitCodes.ok;
  }
  let lines: string[] = [];
  for (const each of cases) {
    if (lines.push(caseLine(each)) < 500) continue;
    out(lines.join("\n"));
    lines = [];
    // Lets a signal in: a generator that never waits could not be stopped.
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (lines.length > 0) out(lines.join("\n"));
  return exitCodes.ok;
}

async function store(values: SimulateValues, output: Output): Promise<number> {
  const opened = await openBackend({ ...values, backend: values.backend as "postgres" | "nats" | "memory" }, {
    // In memory the store is this process's own: the cases go in, and end with it.
    role: values.backend === "memory" ? "node" : "client",
  });
  const requests = listenForStop(false);
  try {
    const ends = values.duration === undefined ? [] : [AbortSignal.timeout(values.duration)];
    const reported = await appendCases(
      opened.backend,
      values,
      AbortSignal.any([requests.graceful, ...ends]),
      output,
    );
    output.out(values.json ? JSON.stringify(reported) : describeAppended(reported));
    return exitCodes.ok;
  } finally {
    requests.close();
    await opened.close();
  }
}

async function appendCases(backend: Backend, values: SimulateValues, signal: AbortSignal, output: Output) {
  const { count, ...options } = generatorOptions(values);
  const progress = values.json
    ? undefined
    : new ProgressMeter(output, "cases", Number.isFinite(count) ? count : undefined);
  const began = performance.now();
  let duplicates = 0;
  let done = 0;
  const cases = await appendGeneratedCases(backend, {
    ...options,
    ...(Number.isFinite(count) ? { count } : {}),
    ...(values.rate === undefined ? {} : { perSecond: values.rate }),
    onAppended(events, known) {
      duplicates += known;
      progress?.show(done += events.length);
    },
  }, signal);
  progress?.end();
  const seconds = (performance.now() - began) / 1000;
  return {
    seed: options.seed,
    cases,
    duplicates,
    seconds: Math.round(seconds * 1000) / 1000,
    per_second: Math.round(cases / seconds),
  };
}

function describeAppended(
  { seed, cases, duplicates, per_second }: Awaited<ReturnType<typeof appendCases>>,
): string {
  const known = duplicates === 0 ? "" : ` (${formatRounded(duplicates)} were stored before)`;
  return `${formatRounded(cases)} cases stored${known}, ${formatRounded(per_second)}/s, seed ${seed}`;
}
