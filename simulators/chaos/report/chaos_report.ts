/** The report of chaos runs: a verdict for each, what every fault did, and what was settled meanwhile. Pure. @module */
import { invariants } from "../../proof/history_checker.ts";
import { formatCount, formatCounted, formatMs } from "../../reports/number_format.ts";
import type { Cell, Report, ReportPart, ReportSection, ReportTable } from "../../reports/report.ts";
import { type Lane, linePlot } from "../../reports/svg_plot.ts";
import type { RunResult } from "../run_scenario.ts";
import type { FaultRecord } from "../timeline.ts";
import { type ChaosResult, describeLedger, hasPassed, replayCommand, worstOf } from "./summary.ts";

export function chaosReport(result: ChaosResult): Report {
  const { runs, missing, notPlayed, seed } = result;
  const failed = runs.filter(({ failures }) => failures.length > 0).length;
  return {
    name: "chaos",
    title: "Chaos",
    verdict: {
      state: hasPassed(result) ? "passed" : "failed",
      text: `${formatCounted(runs.length, "run")}, ${formatCount(failed)} failed; ${summaryOf(runs)}`,
    },
    notes: [
      `Seed ${seed}`,
      ...missing.map((what) => `Missing: ${what}`),
    ],
    sections: [
      { title: "Runs", parts: [overview(runs)] },
      ...runs.map((run) => section(run, runs)),
      ...(notPlayed.length === 0 ? [] : [{ title: "Not played", parts: notPlayed.map(textPart) }]),
    ],
  };
}

function textPart(text: string): ReportPart {
  return { kind: "text", text };
}

function summaryOf(runs: readonly RunResult[]): string {
  const sum = (of: "accepted" | "settled") => formatCount(runs.reduce((total, run) => total + run[of], 0));
  const faults = runs.flatMap((run) => run.faults);
  const proven = faults.filter(({ proof }) => proof !== undefined).length;
  return `${formatCounted(faults.length, "fault")}, ${
    formatCount(proven)
  } with proof that they took effect; ` +
    `${sum("accepted")} events accepted and ${sum("settled")} deliveries settled meanwhile`;
}

function overview(runs: readonly RunResult[]): ReportTable {
  const rows = runs.map((run): Cell[] => [
    { text: run.scenario, href: `#${idOf(run)}` },
    run.backend,
    { text: stateOf(run), state: stateOf(run) },
    formatMs(worstOf(run.faults, ({ detectedMs }) => detectedMs)),
    formatMs(worstOf(run.faults, ({ recoveredMs }) => recoveredMs)),
    formatCount(run.accepted),
    formatMs(run.drainMs),
  ]);
  const times = ["detected within", "recovered within", "events", "drained in"];
  return { kind: "table", head: ["scenario", "backend", "verdict", ...times], rows };
}

function section(run: RunResult, runs: readonly RunResult[]): ReportSection {
  const { scenario, backend, about, failures, faults, findings } = run;
  const faultTable: ReportPart[] = faults.length === 0 ? [] : [{
    kind: "table",
    head: ["fault", "from – to", "what proves it", "first sign", "recovered"],
    rows: faults.map(faultRow),
  }];
  return {
    title: `${scenario} on ${backend}`,
    id: idOf(run),
    state: stateOf(run),
    parts: [
      ...failures.map((text): ReportPart => ({ kind: "failure", text })),
      textPart(`${about}.`),
      ...plots(run, runs.filter((other) => other.scenario === scenario)),
      ...faultTable,
      ...findings.map(({ invariant, broken }): ReportPart => ({
        kind: "check",
        holds: broken.length === 0,
        text: `${invariant}, ${invariants[invariant]}`,
      })),
      textPart(`${describeLedger(run)}.`),
      { kind: "command", text: replayCommand(run) },
    ],
  };
}

function faultRow(
  { name, appliedAt, healedAt, proof, detectedBy, detectedMs, recoveredMs }: FaultRecord,
): Cell[] {
  const sign = detectedBy === undefined ? "–" : `${inWords(detectedBy)} after ${formatMs(detectedMs)}`;
  const nothing: Cell = { text: "nothing", state: "failed" };
  return [
    inWords(name),
    spanOf(formatMs(appliedAt), formatMs(healedAt)),
    proof ?? nothing,
    sign,
    formatMs(recoveredMs),
  ];
}

/** An instant fault has one time, not two that are alike. */
function spanOf(from: string, to: string): string {
  return from === to ? from : `${from} – ${to}`;
}

/**
 * What was settled, with the faults under it, and what waited, with the signs that the runtime gave. The runs of one
 * scenario have the same axes, so that its backends can be compared.
 */
function plots({ series, faults }: RunResult, sameScenario: readonly RunResult[]): ReportPart[] {
  const most = (of: (run: RunResult) => readonly (number | null)[]) =>
    Math.max(1, ...sameScenario.flatMap(of).map((value) => value ?? 0));
  const seconds = (i: number) => (i + 0.5) * series.stepMs / 1000;
  const common = {
    x: "seconds",
    shaded: faults.map(({ appliedAt, healedAt }) => [appliedAt / 1000, healedAt / 1000] as const),
    xRange: [0, most(({ series: { stepMs, settled } }) => [stepMs * settled.length / 1000])] as const,
  };
  const plot = (title: string, y: string, of: "settled" | "waiting", lanes: Lane[]): ReportPart => {
    const points = series[of].flatMap((value, i) => value === null ? [] : [[seconds(i), value] as const]);
    const yMost = most((run) => run.series[of]);
    return {
      kind: "plot",
      plot: linePlot({ ...common, title, y, yMost, lines: [{ name: of, points }], lanes }),
    };
  };
  const spanOf = ({ appliedAt, healedAt }: FaultRecord) => [appliedAt, healedAt] as const;
  const faultLanes = lanesOf("fault", faults, ({ name }) => name, spanOf);
  const signLanes = lanesOf("sign", series.marks, ({ what }) => what, ({ atMs }) => [atMs, atMs]);
  return [
    plot("Deliveries settled", "a second", "settled", faultLanes),
    plot("Deliveries waiting", "in the store", "waiting", signLanes),
  ];
}

/** A lane for each name, in the order of its first appearance. */
function lanesOf<T>(
  kind: Lane["kind"],
  events: readonly T[],
  nameOf: (event: T) => string,
  spanOf: (event: T) => readonly [fromMs: number, toMs: number],
): Lane[] {
  const byName = Map.groupBy(events, nameOf);
  return [...byName].map(([name, events]) => ({
    label: events.length === 1 ? inWords(name) : `${inWords(name)} (${formatCount(events.length)} times)`,
    kind,
    spans: events.map(spanOf).map(([from, to]) => [from / 1000, to / 1000] as const),
  }));
}

function stateOf({ failures }: RunResult): "passed" | "failed" {
  return failures.length === 0 ? "passed" : "failed";
}

function inWords(name: string): string {
  return name.replaceAll("_", " ");
}

function idOf({ scenario, backend }: RunResult): string {
  return `${scenario}-${backend}`;
}
