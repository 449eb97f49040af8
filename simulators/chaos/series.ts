/** A run as series over time, for the charts of its report. Pure. @module */
import type { RunHistory, RuntimeEventKind } from "../proof/history.ts";
import type { MailboxTotals } from "../proof/run_report.ts";

/** Values at equal steps from when the load began; marks are moments in milliseconds. */
export interface RunSeries {
  readonly stepMs: number;
  /** Deliveries settled, a second. */
  readonly settled: readonly number[];
  /** Deliveries that wait in the store, at most within a step; null where no node reported. */
  readonly waiting: readonly (number | null)[];
  readonly marks: readonly { readonly atMs: number; readonly what: RuntimeEventKind }[];
}

const STEPS = 120;
const LEAST_STEP_MS = 100;
/** What is marked in the chart. */
const MARKED: readonly RuntimeEventKind[] = [
  "worker_restart",
  "node_restart",
  "takeover",
  "fenced",
  "backend_away",
  "backend_back",
  "dead_letter",
];

export function seriesOf(
  { attempts, observed }: Pick<RunHistory, "attempts" | "observed">,
  health: readonly MailboxTotals[],
  began: number,
  ended: number,
): RunSeries {
  const stepMs = Math.max(LEAST_STEP_MS, Math.ceil((ended - began) / STEPS));
  const steps = Math.ceil((ended - began) / stepMs);
  const settled = new Array<number>(steps).fill(0);
  const waiting = new Array<number | null>(steps).fill(null);
  const stepOf = (at: number) => Math.floor((at - began) / stepMs);
  for (const { result, endedAt, positions, failed } of attempts) {
    const step = stepOf(endedAt ?? 0);
    if (result === "settled" && step >= 0 && step < steps) {
      settled[step]! += (positions.length - failed.length) * 1000 / stepMs;
    }
  }
  for (const { at, pending, parked } of health) {
    const step = stepOf(at);
    if (step >= 0 && step < steps) waiting[step] = Math.max(waiting[step] ?? 0, pending + parked);
  }
  const marks = observed.filter(({ what, at }) => MARKED.includes(what) && at >= began)
    .map(({ what, at }) => ({ what, atMs: at - began }));
  return { stepMs, settled, waiting, marks };
}
