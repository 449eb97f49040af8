/** The brief's table with measured numbers: lines for a terminal, and a report with plots. Pure. @module */
import type { BackendFigures, Measure, Spread } from "../comparison.ts";
import { plainTable } from "../reports/markdown.ts";
import type { Report, ReportPart, ReportTable } from "../reports/report.ts";
import { barPlot, type PlotBar } from "../reports/svg_plot.ts";

/** The rate of another program on the same jobs. */
export interface PeerMeasurements {
  readonly name: string;
  readonly version: string;
  readonly configured: string;
  readonly per_second: Spread;
}

/** The figures of a comparison. */
export interface Comparison {
  readonly machine: string;
  readonly seed: string;
  readonly rounds: number;
  readonly count: number;
  readonly rate_per_second: number;
  readonly backends: readonly BackendFigures[];
  readonly peers: readonly PeerMeasurements[];
  /** Backends that were asked for and could not take part, with the reason. */
  readonly left_out: readonly { readonly name: string; readonly why: string }[];
}

type Row = readonly [what: string, cell: (backend: BackendFigures) => string];

const rate = (measure: Measure) => ({ figures }: BackendFigures) => formatSpread(figures[measure], 0);
const ms = (measure: Measure) => ({ figures }: BackendFigures) => formatSpread(figures[measure], 2);

function rowsOf({ rate_per_second: at }: Comparison): Row[] {
  return [
    ["Throughput: appends/s", rate("append_per_second")],
    ["Throughput: settled with one output each/s", rate("settle_per_second")],
    ["Throughput: settled, all processors/s", rate("settle_all_per_second")],
    [`Latency p99 at ${at}/s: append, ms`, ms("append_p99_ms")],
    [`Latency p99 at ${at}/s: one processor, ms`, ms("one_processor_p99_ms")],
    [`Latency p99 at ${at}/s: three processors, ms`, ms("end_to_end_p99_ms")],
    [
      "Storage: bytes an event, indexes included",
      ({ stored_bytes_per_event: bytes }) => bytes === null ? "-" : `${bytes}`,
    ],
    ["Queries: story of a case, ms", ms("read_case_ms")],
    ["Queries: replay of one type, events/s", rate("replay_per_second")],
    [
      "Transactions: rival appends of which one was refused",
      ({ conflicts: { refused, tried } }) => `${refused} of ${tried}`,
    ],
    ["Transactions: what one append stores whole", ({ features }) => `each ${features.atomicAppend}`],
    ["Scaling: all workers against one", scaling],
    ["Scaling: nodes on one store", ({ features }) => features.shared ? "any number" : "one"],
  ];
}

/** The median and, in brackets, the least and the greatest of the rounds. */
export function formatSpread({ median, least, greatest }: Spread, decimals: number): string {
  const number = (value: number) =>
    value.toLocaleString("en-GB", { maximumFractionDigits: decimals, minimumFractionDigits: decimals });
  return least === greatest ? number(median) : `${number(median)} (${number(least)}–${number(greatest)})`;
}

function scaling({ figures }: BackendFigures): string {
  const one = figures.settle_one_worker_per_second.median;
  return one === 0 ? "-" : `${(figures.settle_per_second.median / one).toFixed(2)} ×`;
}

function mainTable(comparison: Comparison): { head: string[]; rows: string[][] } {
  const { backends } = comparison;
  const rows = rowsOf(comparison).map(([what, cell]) => [what, ...backends.map(cell)]);
  return { head: ["figure", ...backends.map(({ name }) => name)], rows };
}

/** Rates of peers, and ours on the same PostgreSQL as a multiple of each. */
function peerTable({ backends, peers }: Comparison): { head: string[]; rows: string[][] } | undefined {
  const ours = backends.find(({ name }) => name === "postgres")?.figures.settle_per_second;
  if (peers.length === 0 || ours === undefined) return undefined;
  const rows = peers.map(({ name, version, configured, per_second }) => [
    `${name} ${version}: ${configured}`,
    formatSpread(per_second, 0),
    `${(ours.median / per_second.median).toFixed(2)} ×`,
  ]);
  const own = ["zaakstroom on PostgreSQL: one output each, exactly once", formatSpread(ours, 0), "1 ×"];
  return { head: ["jobs or deliveries", "a second", "zaakstroom does"], rows: [own, ...rows] };
}

/** Lines for a terminal. */
export function describeComparison(comparison: Comparison): string {
  const { head, rows } = mainTable(comparison);
  const peers = peerTable(comparison);
  return [
    comparison.machine,
    introduction(comparison),
    "",
    plainTable(head, rows),
    ...(peers === undefined ? [] : ["", plainTable(peers.head, peers.rows)]),
    "",
    ...notes(comparison),
  ].join("\n");
}

function introduction({ rounds, count, seed }: Comparison): string {
  return `Median of ${rounds} rounds in turns, with the least and the greatest; ${count} intakes a step, seed ${seed}`;
}

function notes({ backends, left_out }: Comparison): string[] {
  return [
    ...backends.map(({ name, durability }) => `${name}: ${durability}`),
    ...backends.map(({ name, features }) => `${name}, at several places: ${features.geography}`),
    ...left_out.map(({ name, why }) => `${name} is left out: ${why}`),
  ];
}

/** The report of a comparison. */
export function comparisonReport(comparison: Comparison): Report {
  const { machine, backends, peers, left_out: leftOut } = comparison;
  const peerRows = peerTable(comparison);
  const bars = (measure: Measure): PlotBar[] =>
    backends.map(({ name, figures }) => bar(name, figures[measure]));
  const others = peers.map(({ name, per_second }) => bar(name, per_second));
  const drawn = {
    appends: barPlot("Appends", "events a second", bars("append_per_second")),
    settled: barPlot("Settled with one output each", "deliveries a second", [
      ...bars("settle_per_second"),
      ...others,
    ]),
    end_to_end: barPlot("End to end, three processors, p99", "ms", bars("end_to_end_p99_ms")),
  };
  const plots = Object.entries(drawn).map(([file, plot]): ReportPart => ({ kind: "plot", file, plot }));
  return {
    name: "comparison",
    title: "The backends side by side",
    verdict: { state: "measured", text: verdictOf(comparison) },
    notes: [
      `Measured on ${machine}`,
      introduction(comparison),
      ...leftOut.map(({ name, why }) => `${name} is left out: ${why}`),
    ],
    sections: [
      { title: "At a glance", parts: plots },
      { title: "Figures", parts: [{ kind: "table", ...mainTable(comparison) }] },
      ...(peerRows === undefined
        ? []
        : [{ title: "Other programs on PostgreSQL", parts: [{ kind: "table", ...peerRows } as const] }]),
      { title: "What an acknowledgement means", parts: [promiseTable(comparison)] },
    ],
  };
}

function promiseTable({ backends }: Comparison): ReportTable {
  const rows = backends.map(({ name, durability, features }) => [name, durability, features.geography]);
  return { kind: "table", head: ["backend", "an acknowledged event", "at several places"], rows };
}

/** Which of the durable backends settles the most, and which is the soonest, in a sentence. */
function verdictOf({ backends, rate_per_second }: Comparison): string {
  const durable = backends.filter(({ features }) => features.durable);
  const by = (measure: Measure) =>
    durable.toSorted((a, b) => a.figures[measure].median - b.figures[measure].median);
  const [fastest, soonest] = [by("settle_per_second").at(-1), by("end_to_end_p99_ms")[0]];
  if (fastest === undefined || soonest === undefined) return "No backend took part";
  return `${fastest.name} settles the most, ${
    formatSpread(fastest.figures.settle_per_second, 0)
  } deliveries/s; ` +
    `at ${rate_per_second}/s ${soonest.name} is the soonest end to end, ` +
    `p99 ${formatSpread(soonest.figures.end_to_end_p99_ms, 2)} ms`;
}

function bar(label: string, { median, least, greatest }: Spread): PlotBar {
  return { label, value: median, range: [least, greatest] };
}
