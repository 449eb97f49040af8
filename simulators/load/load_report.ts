/** The figures of a load run for people: lines for a terminal, and a report with plots. Pure. @module */
import { plainTable } from "../reports/markdown.ts";
import { formatCount } from "../reports/number_format.ts";
import type { Report, ReportPart, ReportSection } from "../reports/report.ts";
import { linePlot, type Plot } from "../reports/svg_plot.ts";
import type { LatencyFigures } from "./latency_histogram.ts";
import { INTERRUPTED, type LoadFigures, meetsObjective, type SecondFigures } from "./load_figures.ts";

const LATENCY_HEAD = ["milliseconds", "count", "mean", "p50", "p90", "p99", "p99.9", "max"];

function latencyRows({ append_ms, settle_ms, end_to_end_ms }: LoadFigures): string[][] {
  return [
    row("append, from when it was due", append_ms),
    ...Object.entries(settle_ms).map(([name, figures]) => row(`append to settle, ${name}`, figures)),
    row("end to end, three processors", end_to_end_ms),
  ];
}

function row(what: string, { count, mean, p50, p90, p99, p999, max }: LatencyFigures): string[] {
  return [
    what,
    formatCount(count),
    ...[mean, p50, p90, p99, p999, max].map((ms) => count === 0 ? "-" : ms.toFixed(2)),
  ];
}

/** Lines about a run for a terminal. */
export function describeLoad(run: LoadFigures): string {
  return [
    `${run.backend}: ${run.durability}`,
    `${formatCount(run.offered)} intakes offered (${run.arrivals}, ${
      formatCount(run.rate_per_second)
    }/s) in ${run.seconds} s, ` +
    `the first ${run.warm_up_seconds} s not counted; ${formatCount(run.appended_per_second)}/s appended, ` +
    `${formatCount(run.settled_per_second)} deliveries/s settled`,
    "",
    plainTable(LATENCY_HEAD, latencyRows(run)),
    "",
    lagLine(run),
    ...run.processes.map(({ name, cpu_percent, memory_mb }) =>
      `${name}: ${cpu_percent} % of a core, ${formatCount(memory_mb)} MB at most`
    ),
    `Generator: late by ${run.generator.late_ms.p99} ms (p99), ${run.generator.making_percent} % of its thread; ` +
    errorLine(run),
    run.verdict.text,
  ].join("\n");
}

function lagLine({ most_behind, drained_in_seconds }: LoadFigures): string {
  const drained = drained_in_seconds === null
    ? "not everything was settled when it was given up"
    : `everything was settled ${drained_in_seconds} s after the last arrival`;
  return `At most ${formatCount(most_behind)} cases behind; ${drained}`;
}

function errorLine({ errors }: LoadFigures): string {
  const { retried, dead_lettered, fenced, worker_restarts } = errors;
  return `${retried} retries, ${dead_lettered} dead letters, ${fenced} fenced, ${worker_restarts} worker restarts`;
}

interface LoadSearch {
  readonly sloMs: number;
  readonly probes: readonly LoadFigures[];
}

/** What a search found; `run` is its best rate, or the last one tried. */
export function describeSearch(run: LoadFigures, sloMs: number): string {
  const objective = `end-to-end p99 within ${sloMs} ms`;
  return meetsObjective(run, sloMs)
    ? `The highest rate held with ${objective}: ${formatCount(run.rate_per_second)} cases/s`
    : `No rate was held with ${objective}`;
}

/** The report of a run, or of a search whose run is `run`. */
export function loadReport(run: LoadFigures, machine: string, search?: LoadSearch): Report {
  return {
    name: "load",
    title: `Load on ${run.backend} at ${formatCount(run.rate_per_second)}/s`,
    verdict: verdictOf(run, search),
    notes: [`Measured on ${machine}`, `${run.backend}: ${run.durability}`],
    sections: [
      { title: "Latency", parts: [{ kind: "table", head: LATENCY_HEAD, rows: latencyRows(run) }] },
      { title: "Over time", parts: plots(run) },
      { title: "Figures", parts: [{ kind: "table", head: ["figure", "value"], rows: figureRows(run) }] },
      ...(search === undefined ? [] : [searchSection(search)]),
    ],
  };
}

function verdictOf(run: LoadFigures, search: LoadSearch | undefined): Report["verdict"] {
  const { verdict } = run;
  if (verdict.text === INTERRUPTED.text) return { state: "measured", text: verdict.text };
  if (search === undefined) {
    return { state: verdict.limit === "none" ? "passed" : "failed", text: verdict.text };
  }
  return {
    state: meetsObjective(run, search.sloMs) ? "passed" : "failed",
    text: describeSearch(run, search.sloMs),
  };
}

function figureRows(run: LoadFigures): string[][] {
  return [
    ["arrivals", `${run.arrivals}, ${formatCount(run.rate_per_second)}/s, seed ${run.seed}`],
    ["duration", `${run.seconds} s, the first ${run.warm_up_seconds} s not counted`],
    ["offered, appended", `${formatCount(run.offered)}, ${formatCount(run.appended)}`],
    ["appended", `${formatCount(run.appended_per_second)}/s`],
    [
      "deliveries settled, all processors",
      `${formatCount(run.settled)}, ${formatCount(run.settled_per_second)}/s`,
    ],
    ["lag", lagLine(run)],
    [
      "generator",
      `late by ${run.generator.late_ms.p99} ms (p99), ${run.generator.making_percent} % of its thread`,
    ],
    ["errors", errorLine(run)],
    ...run.processes.map(({ name, cpu_percent, memory_mb }) => [
      name,
      `${cpu_percent} % of a core, ${formatCount(memory_mb)} MB at most`,
    ]),
  ];
}

function searchSection({ probes }: LoadSearch): ReportSection {
  const head = ["rate tried", "appended/s", "end to end p50", "p99", "outcome"];
  const rows = probes.map((probe) => [
    formatCount(probe.rate_per_second),
    formatCount(probe.appended_per_second),
    `${probe.end_to_end_ms.p50} ms`,
    `${probe.end_to_end_ms.p99} ms`,
    probe.verdict.text,
  ]);
  return { title: "Search", parts: [{ kind: "table", head, rows }] };
}

type Picked = (second: SecondFigures) => number;

function plots(run: LoadFigures): ReportPart[] {
  const overTime = (
    title: string,
    y: string,
    picks: Readonly<Record<string, Picked>>,
    logarithmic = false,
  ) => {
    const lines = Object.entries(picks).map(([name, pick]) => ({
      name,
      points: run.by_second.map((second) => [second.second, pick(second)] as const),
    }));
    return linePlot({ title, x: "second", y, lines, logarithmic });
  };
  const drawn: Readonly<Record<string, Plot>> = {
    throughput: overTime("Throughput", "a second", throughput),
    latency: overTime("Latency over time", "ms", latency, true),
    percentiles: percentilePlot(run),
    lag: overTime("Cases behind", "cases", { behind: ({ behind }) => behind }),
    cpu: overTime("Processor time", "% of a core", useOf(run, "cpu_percent")),
    memory: overTime("Memory", "MB", useOf(run, "memory_mb")),
  };
  return Object.entries(drawn).map(([file, plot]) => ({ kind: "plot", file, plot }));
}

const throughput: Readonly<Record<string, Picked>> = {
  offered: ({ offered }) => offered,
  appended: ({ appended }) => appended,
  "deliveries settled": ({ settled }) => settled,
};

const latency: Readonly<Record<string, Picked>> = {
  "append p99": ({ append_p99 }) => append_p99,
  "end to end p50": ({ end_to_end_p50 }) => end_to_end_p50,
  "end to end p99": ({ end_to_end_p99 }) => end_to_end_p99,
};

/** One line for each process. */
function useOf({ processes }: LoadFigures, of: "cpu_percent" | "memory_mb"): Record<string, Picked> {
  return Object.fromEntries(processes.map(({ name }) => [
    name,
    (second: SecondFigures) => second.processes.find((each) => each.name === name)?.[of] ?? 0,
  ]));
}

/** Each nine takes the same room: 90, 99 and 99.9 are equally far apart. */
function ninesOf(percentile: number): number {
  return -Math.log10(Math.max(1e-4, 1 - percentile / 100));
}

function percentilePlot({ curves }: LoadFigures): Plot {
  const lines = Object.entries(curves).map(([name, curve]) => ({
    name,
    points: curve.map(({ percentile, ms }) => [ninesOf(percentile), ms] as const),
  }));
  return linePlot({
    title: "Latency by percentile",
    x: "percentile",
    y: "ms",
    logarithmic: true,
    lines,
    xRange: [0, 4],
    xTicks: [0, 50, 90, 99, 99.9, 99.99].map((percentile) => [ninesOf(percentile), `${percentile}`]),
  });
}
