/** Collects the counts and histograms of one load run. @module */
import { LatencyHistogram } from "./latency_histogram.ts";
import type { SecondFigures } from "./load_figures.ts";
import type { SettledDelivery } from "./measured_backend.ts";
import type { OpenLoopListener } from "./open_loop.ts";

/** The three processors a case goes through by itself. */
const STAGES = ["intake", "analysis", "decision"] as const;
const [INTAKE, ANALYSIS, DECISION] = STAGES;

/** When a run begins and from when on it counts, milliseconds since 1970. */
interface RunTimes {
  readonly began: number;
  readonly countsFrom: number;
}

/** Milliseconds since 1970, to the microsecond. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

export class RunRecorder implements OpenLoopListener {
  readonly append = new LatencyHistogram();
  readonly late = new LatencyHistogram();
  readonly endToEnd = new LatencyHistogram();
  readonly settle: ReadonlyMap<string, LatencyHistogram>;
  readonly bySecond: SecondFigures[] = [];
  /** All of the run, warm-up included. */
  offered = 0;
  appended = 0;
  settled = 0;
  decided = 0;
  mostBehind = 0;
  /** The part after the warm-up and before the last arrival. */
  appendedInTime = 0;
  settledInTime = 0;
  lastSettledAt = 0;
  /** How long ago the events handed over last were due. */
  lagMs = 0;
  /** While arrivals are still offered. */
  offering = true;
  #analysed = 0;
  readonly #times: RunTimes;
  readonly #second = { append: new LatencyHistogram(), endToEnd: new LatencyHistogram() };
  #lastTick = { offered: 0, appended: 0, settled: 0 };

  constructor(times: RunTimes) {
    this.#times = times;
    this.settle = new Map(STAGES.map((name) => [name, new LatencyHistogram()]));
  }

  /** Cases acknowledged whose analysis is not settled: each intake becomes one analysis. */
  get behind(): number {
    return Math.max(0, this.appended - this.#analysed);
  }

  onHandedOver(lagMs: number, lateMs: number): void {
    this.lagMs = lagMs;
    if (wallClock() >= this.#times.countsFrom) this.late.record(lateMs);
  }

  onAcknowledged(due: readonly number[], at: number): void {
    const now = performance.timeOrigin + at;
    this.appended += due.length;
    const inTime = this.offering && now >= this.#times.countsFrom;
    if (inTime) this.appendedInTime += due.length;
    for (const each of due) {
      const arrival = this.#times.began + each;
      this.#second.append.record(now - arrival);
      if (arrival >= this.#times.countsFrom) this.append.record(now - arrival);
    }
  }

  onSettled(processor: string, done: readonly SettledDelivery[]): void {
    const now = wallClock();
    this.lastSettledAt = now;
    this.settled += done.length;
    if (this.offering && now >= this.#times.countsFrom) this.settledInTime += done.length;
    if (processor === ANALYSIS) this.#analysed += done.length;
    const histogram = this.settle.get(processor);
    if (histogram === undefined) return;
    for (const { recordedAt, timestamp } of done) {
      // The event's own time is in whole milliseconds.
      const counts = timestamp >= Math.floor(this.#times.countsFrom);
      if (counts) histogram.record(now - recordedAt);
      if (processor === DECISION) this.#decided(now - timestamp, counts);
    }
  }

  #decided(ms: number, counts: boolean): void {
    this.decided++;
    this.#second.endToEnd.record(ms);
    if (counts) this.endToEnd.record(ms);
  }

  tick(processes: SecondFigures["processes"]): SecondFigures {
    const { append, endToEnd } = this.#second;
    const now = { offered: this.offered, appended: this.appended, settled: this.settled };
    this.mostBehind = Math.max(this.mostBehind, this.behind);
    const second: SecondFigures = {
      second: this.bySecond.length + 1,
      offered: now.offered - this.#lastTick.offered,
      appended: now.appended - this.#lastTick.appended,
      settled: now.settled - this.#lastTick.settled,
      behind: this.behind,
      append_p99: append.figures().p99,
      end_to_end_p50: endToEnd.figures().p50,
      end_to_end_p99: endToEnd.figures().p99,
      processes,
    };
    this.#lastTick = now;
    append.reset();
    endToEnd.reset();
    this.bySecond.push(second);
    return second;
  }

  figures() {
    const { offered, appended, settled, decided, mostBehind, behind, bySecond, append, endToEnd } = this;
    const settle = [...this.settle].map(([name, histogram]) => [name, histogram.figures()] as const);
    return {
      offered,
      appended,
      settled,
      decided,
      append_ms: append.figures(),
      settle_ms: Object.fromEntries(settle),
      end_to_end_ms: endToEnd.figures(),
      most_behind: Math.max(mostBehind, behind),
      curves: {
        append: append.curve(),
        [INTAKE]: this.settle.get(INTAKE)!.curve(),
        "end to end": endToEnd.curve(),
      },
      by_second: bySecond,
    };
  }
}
