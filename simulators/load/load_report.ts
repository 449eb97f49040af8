/** What a load run came to, for people: lines, and a report with plots. Pure. @module */
import type { LatencyFigures } from "./latency_histogram.ts";
import type { LoadFigures, SecondFigures } from "./load_figures.ts";
import { linePlot } from "../reports/svg_plot.ts";
import { plainTable, type ReportDocument, type ReportPart } from "../reports/report_page.ts";

const LATENCY_HEAD = ["milliseconds", "count", "mean", "p50", "p90", "p99", "p99.9", "max"];

/** The rows of the latency table. */
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
    whole(count),
    ...[mean, p50, p90, p99, p999, max].map((ms) => count === 0 ? "-" : ms.toFixed(2)),
  ];
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-GB");
}

/** Lines about a run for a terminal. */
export function describeLoad(run: LoadFigures): string {
  return [
    `${run.backend}: ${run.durability}`,
    `${whole(run.offered)} intakes offered (${run.arrivals}, ${
      whole(run.rate_per_second)
    }/s) in ${run.seconds} s, ` +
    `the first ${run.warm_up_seconds} s not counted; ${whole(run.appended_per_second)}/s appended, ` +
    `${whole(run.settled_per_second)} deliveries/s settled`,
    "",
    plainTable(LATENCY_HEAD, latencyRows(run)),
    "",
    lagLine(run),
    ...run.processes.map(({ name, cpu_percent, memory_mb }) =>
      `${name}: ${cpu_percent} % of a core, ${whole(memory_mb)} MB at most`
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
  return `At most ${whole(most_behind)} cases behind; ${drained}`;
}

function errorLine({ errors }: LoadFigures): string {
  const { retried, dead_lettered, fenced, worker_restarts } = errors;
  return `${retried} retries, ${dead_lettered} dead letters, ${fenced} fenced, ${worker_restarts} worker restarts`;
}

/** The report of a run; `probes` are those of a search, when there was one. */
export function loadReport(
  run: LoadFigures,
  machine: string,
  probes: readonly LoadFigures[] = [],
): ReportDocument {
  const parts: ReportPart[] = [
    { kind: "text", text: `Measured on ${machine}. ${run.backend}: ${run.durability}.` },
    { kind: "text", text: run.verdict.text },
    { kind: "table", head: ["figure", "value"], rows: figureRows(run) },
    { kind: "table", head: LATENCY_HEAD, rows: latencyRows(run) },
    ...probeParts(probes),
    ...plots(run),
  ];
  return { title: `Load on ${run.backend} at ${whole(run.rate_per_second)}/s`, parts };
}

function figureRows(run: LoadFigures): string[][] {
  return [
    ["arrivals", `${run.arrivals}, ${whole(run.rate_per_second)}/s, seed ${run.seed}`],
    ["duration", `${run.seconds} s, the first ${run.warm_up_seconds} s not counted`],
    ["offered, appended", `${whole(run.offered)}, ${whole(run.appended)}`],
    ["appended", `${whole(run.appended_per_second)}/s`],
    ["deliveries settled, all processors", `${whole(run.settled)}, ${whole(run.settled_per_second)}/s`],
    ["lag", lagLine(run)],
    [
      "generator",
      `late by ${run.generator.late_ms.p99} ms (p99), ${run.generator.making_percent} % of its thread`,
    ],
    ["errors", errorLine(run)],
    ...run.processes.map(({ name, cpu_percent, memory_mb }) => [
      name,
      `${cpu_percent} % of a core, ${whole(memory_mb)} MB at most`,
    ]),
  ];
}

function probeParts(probes: readonly LoadFigures[]): ReportPart[] {
  if (probes.length === 0) return [];
  const head = ["rate tried", "appended/s", "end to end p50", "p99", "what came of it"];
  const rows = probes.map((probe) => [
    whole(probe.rate_per_second),
    whole(probe.appended_per_second),
    `${probe.end_to_end_ms.p50} ms`,
    `${probe.end_to_end_ms.p99} ms`,
    probe.verdict.text,
  ]);
  return [{ kind: "table", head, rows }];
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
  const drawn: [string, string][] = [
    ["throughput", overTime("Throughput", "a second", throughput)],
    ["latency", overTime("Latency over time", "ms", latency, true)],
    ["percentiles", percentilePlot(run)],
    ["lag", overTime("Cases behind", "cases", { behind: ({ behind }) => behind })],
    ["cpu", overTime("Processor time", "% of a core", useOf(run, "cpu_percent"))],
    ["memory", overTime("Memory", "MB", useOf(run, "memory_mb"))],
  ];
  return drawn.map(([name, svg]) => ({ kind: "plot", name, svg }));
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

function percentilePlot({ curves }: LoadFigures): string {
  const lines = Object.entries(curves).map(([name, curve]) => ({
    name,
    // Percentiles as far from a hundred as they are: 90, 99 and 99.9 are equally far apart.
    points: curve.map(({ percentile, ms }) =>
      [-Math.log10(Math.max(1e-4, 1 - percentile / 100)), ms] as const
    ),
  }));
  const x = "nines: 1 is p90, 2 is p99, 3 is p99.9";
  return linePlot({ title: "Latency by percentile", x, y: "ms", logarithmic: true, lines });
}
