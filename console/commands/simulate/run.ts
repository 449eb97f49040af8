/** What `simulate` does. @module */
import type { Backend } from "../../../backends/backend.ts";
import { caseLine, generateCases } from "../../../simulators/case_generator.ts";
import { explainFigures, renderExplanation } from "../../../simulators/cases/figure_sources.ts";
import { appendGeneratedCases } from "../../../simulators/load/case_feed.ts";
import {
  distributionReport,
  type DistributionSection,
} from "../../../simulators/reports/distribution_report.ts";
import { renderReport } from "../../../simulators/reports/distribution_text.ts";
import { writtenEuros } from "../../../schema/money.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { printResult, toSnakeCase } from "../../cli/output.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { formatRounded, Progress } from "../../cli/terminal.ts";
import { openBackend } from "../../store/open_backend.ts";
import type { SimulateValues } from "./options.ts";

/** Prints where each figure of the generator comes from. */
export function printFigures(values: SimulateValues, output: Output): number {
  const rows = explainFigures(values.scenario);
  const columns = ["figure", "value", "source", "certainty", "note"];
  printResult(output, values, { json: { figures: rows }, rows, columns, text: renderExplanation(rows) });
  return exitCodes.ok;
}

/** Generates cases and puts their shares beside the sourced ones. */
export function printReport(values: SimulateValues, output: Output): number {
  const report = distributionReport(generateCases(generatorOptions(values)), values.scenario);
  const sections = report.sections.map(shownSection);
  const rows = sections.flatMap(({ title, unit, lines }) =>
    lines.map((line) => ({ section: title, unit, ...line }))
  );
  const json = toSnakeCase({ ...report, sections }) as object;
  printResult(output, values, { json, rows, text: renderReport(report) });
  return exitCodes.ok;
}

/** A section as programs read it: euros with two decimals. */
function shownSection(section: DistributionSection) {
  const shown = (value: number) => section.unit === "euro" ? writtenEuros(value) : value;
  const lines = section.lines.map((line) => ({
    ...line,
    source: shown(line.source),
    generated: shown(line.generated),
  }));
  return { ...section, lines };
}

/** Prints generated cases as NDJSON, which `publish` takes. */
export async function printCases(values: SimulateValues, { out }: Output): Promise<number> {
  let lines: string[] = [];
  for (const each of generateCases(generatorOptions(values))) {
    if (lines.push(caseLine(each)) < 500) continue;
    out(lines.join("\n"));
    lines = [];
    // Lets a signal in: a generator that never waits could not be stopped.
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (lines.length > 0) out(lines.join("\n"));
  return exitCodes.ok;
}

/** Appends generated cases to a store. */
export async function storeCases(values: SimulateValues, output: Output): Promise<number> {
  const opened = await openBackend({ ...values, backend: values.backend as "postgres" | "nats" | "memory" }, {
    // In memory the store is this process's own: the cases go in, and end with it.
    role: values.backend === "memory" ? "node" : "client",
  });
  const requests = listenForStop(false);
  try {
    const ends = values.duration === undefined ? [] : [AbortSignal.timeout(values.duration)];
    const signal = AbortSignal.any([requests.graceful, ...ends]);
    const appended = await appendCases(opened.backend, values, signal, output);
    printResult(output, values, { json: appended, text: describeAppended(appended) });
    return exitCodes.ok;
  } finally {
    requests.close();
    await opened.close();
  }
}

function generatorOptions({ seed, scenario, count, duration }: SimulateValues) {
  const cases = count ?? (duration === undefined ? 1_000 : Infinity);
  return { seed: seed ?? crypto.randomUUID(), scenario, count: cases };
}

async function appendCases(backend: Backend, values: SimulateValues, signal: AbortSignal, output: Output) {
  const { count, ...options } = generatorOptions(values);
  const total = Number.isFinite(count) ? count : undefined;
  const progress = new Progress(output, { what: "cases", total });
  const began = performance.now();
  let [duplicates, done] = [0, 0];
  const cases = await appendGeneratedCases(backend, {
    ...options,
    ...(total === undefined ? {} : { count: total }),
    ...(values.rate === undefined ? {} : { perSecond: values.rate }),
    onAppended(events, known) {
      duplicates += known;
      const passed = values.duration === undefined ? 0 : (performance.now() - began) / values.duration;
      done += events.length;
      progress.update(done, Math.max(passed, done / count));
    },
  }, signal);
  progress.clear();
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
