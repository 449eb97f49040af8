/** The figures of a load run, and the verdict on them. @module */
import type { ArrivalKind } from "./arrival_schedule.ts";
import type { CurvePoint, LatencyFigures } from "./latency_histogram.ts";

/** Processor time and memory of one process. */
export interface ProcessFigures {
  readonly name: string;
  /** In a hundred of one core. */
  readonly cpu_percent: number;
  /** The highest sample. */
  readonly memory_mb: number;
}

/** One second of a run. Latencies are of the events that were settled in it. */
export interface SecondFigures {
  readonly second: number;
  readonly offered: number;
  readonly appended: number;
  /** Deliveries, over all processors. */
  readonly settled: number;
  /** Cases acknowledged whose analysis is not settled. */
  readonly behind: number;
  readonly append_p99: number;
  readonly end_to_end_p50: number;
  readonly end_to_end_p99: number;
  readonly processes: readonly ProcessFigures[];
}

/** How well the generator kept its own schedule. */
interface GeneratorFigures {
  /** How late it handed over events that the store could have taken. */
  readonly late_ms: LatencyFigures;
  /** The part of the time its thread spent making events, in a hundred. */
  readonly making_percent: number;
}

type Bottleneck = "none" | "generator" | "appends" | "processing";

interface LoadVerdict {
  readonly limit: Bottleneck;
  readonly text: string;
}

/** Figures of one run at one rate. Rates are a second; latencies count arrivals after the warm-up only. */
export interface LoadFigures {
  readonly backend: string;
  readonly durability: string;
  readonly arrivals: ArrivalKind;
  readonly rate_per_second: number;
  readonly seconds: number;
  readonly warm_up_seconds: number;
  readonly seed: string;
  readonly workers: number;
  readonly offered: number;
  readonly appended: number;
  /** Deliveries settled, over all processors. */
  readonly settled: number;
  /** Cases decided without a person: their way through three processors is measured. */
  readonly decided: number;
  readonly appended_per_second: number;
  readonly settled_per_second: number;
  /** From the moment an event was due to its acknowledgement. */
  readonly append_ms: LatencyFigures;
  /** From when the store recorded an event to when its delivery was settled, by processor. */
  readonly settle_ms: Readonly<Record<string, LatencyFigures>>;
  /** From the moment an intake was due to the settling of its decision: intake, analysis, decision. */
  readonly end_to_end_ms: LatencyFigures;
  readonly most_behind: number;
  /** How late the last events were handed over: above a moment, the store takes less than is offered. */
  readonly append_lag_seconds: number;
  /** From the last arrival until everything was settled; null when the wait was given up. */
  readonly drained_in_seconds: number | null;
  readonly errors: Readonly<
    Record<"retried" | "dead_lettered" | "fenced" | "worker_restarts" | "unavailable", number>
  >;
  readonly generator: GeneratorFigures;
  readonly processes: readonly ProcessFigures[];
  readonly verdict: LoadVerdict;
  readonly curves: Readonly<Record<string, readonly CurvePoint[]>>;
  readonly by_second: readonly SecondFigures[];
}

/** The verdict on a run that was stopped. */
export const INTERRUPTED: LoadVerdict = {
  limit: "none",
  text: "Stopped before its end: the figures are of what was measured until then",
};

/** A generator whose median lateness is above this is no longer on schedule. */
const LATE_MS = 5;
/** How far appends may lag at the end of the schedule, and within what time all must be settled after it. */
const KEPT_UP_S = 1;

type VerdictInput = Pick<LoadFigures, "append_lag_seconds" | "drained_in_seconds" | "generator">;

/** Names the limit. The generator comes first: when it is late, nothing measured after it is sure. */
export function judge(run: VerdictInput): LoadVerdict {
  const kept = run.append_lag_seconds <= KEPT_UP_S;
  const drained = run.drained_in_seconds !== null && run.drained_in_seconds <= KEPT_UP_S;
  if (isLate(run)) return { limit: "generator", text: generatorVerdict(run) };
  if (!kept) return { limit: "appends", text: "The store took appends more slowly than they were offered" };
  if (!drained) return { limit: "processing", text: "The processors fell behind what was appended" };
  return { limit: "none", text: "The rate was held: everything was taken and settled as it came" };
}

/** Late most of the time, or by more than half of the appends' lag. */
function isLate({ append_lag_seconds: lag, generator: { late_ms } }: VerdictInput): boolean {
  return late_ms.p50 > LATE_MS || (lag > KEPT_UP_S && late_ms.p99 > lag * 500);
}

function generatorVerdict({ generator: { late_ms, making_percent } }: VerdictInput): string {
  return "The load generator was the bottleneck: its thread, which it shares with the node's supervisor, was late by " +
    `${late_ms.p50} ms (p50), ${late_ms.p99} ms (p99), and spent ${making_percent} % of its time making events`;
}

/** Whether a run held its rate with end-to-end latency inside the objective; false when no latency was measured. */
export function meetsObjective(
  { verdict, end_to_end_ms: { count, p99 } }: LoadFigures,
  sloMs: number,
): boolean {
  return count > 0 && verdict.limit === "none" && p99 <= sloMs;
}
