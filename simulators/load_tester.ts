/**
 * The load tester: offers a node intakes by a schedule, and measures them until their decision is settled. Node and
 * generator share this process, as under `start --simulate`, so that all times are of one clock.
 * @module
 */
import { processors } from "../actors/application.ts";
import { Supervisor, type SupervisorOptions } from "../actors/supervisor.ts";
import type { Backend } from "../backends/backend.ts";
import { delayOrAbort } from "../backends/primitives/concurrency.ts";
import { withTwoDecimals } from "../schema/codec.ts";
import { SIMULATOR } from "../schema/authority/names.ts";
import type { WireEvent } from "../schema/events.ts";
import { generateCases } from "./case_generator.ts";
import { type ArrivalKind, scheduleArrivals } from "./load/arrival_schedule.ts";
import {
  INTERRUPTED,
  judge,
  type LoadFigures,
  meetsObjective,
  type SecondFigures,
} from "./load/load_figures.ts";
import { measureBackend, type SettledDelivery } from "./load/measured_backend.ts";
import { runOpenLoop } from "./load/open_loop.ts";
import { ProcessWatch, type WatchedProcess } from "./load/process_watch.ts";
import { afterProbe, beginSearch, type Search } from "./load/rate_search.ts";
import { RunRecorder, wallClock } from "./load/run_recorder.ts";
import { ErrorCounts } from "./load/error_counts.ts";

interface LoadOptions {
  readonly supervision: SupervisorOptions;
  readonly arrivals: ArrivalKind;
  readonly durationMs: number;
  /** Arrivals in this first part are offered and not counted. */
  readonly warmUpMs: number;
  readonly seed: string;
  /** Called every second. */
  readonly onSecond: (second: SecondFigures) => void;
  readonly signal: AbortSignal;
  /** Processes of this machine whose processor time and memory are measured. */
  readonly processes: readonly WatchedProcess[];
}

/** How long to wait, after the last arrival, until everything is settled. */
const DRAIN_MS = 30_000;
/** The same after a request to stop. */
const ABORTED_DRAIN_MS = 2_000;
/** A search gives a rate up once this many seconds of arrivals wait. */
const HOPELESS_S = 2;
/** The warm-up before a search. */
const SEARCH_WARM_UP_MS = 3_000;
/** The first arrival is due a moment after the run was set up. */
const START_DELAY_MS = 20;

export class LoadTester {
  readonly #backend: Backend;
  readonly #options: LoadOptions;
  readonly #supervisor: Supervisor;
  #recorder: RunRecorder | undefined;
  readonly #errorCounts = new ErrorCounts();
  #runs = 0;

  constructor(backend: Backend, options: LoadOptions) {
    const onSettled = (processor: string, done: readonly SettledDelivery[]) =>
      this.#recorder?.onSettled(processor, done);
    this.#backend = measureBackend(backend, onSettled);
    this.#options = options;
    this.#supervisor = new Supervisor(
      this.#backend,
      processors,
      this.#errorCounts.observer,
      options.supervision,
    );
  }

  /** Starts the node, and waits until it holds all its mailboxes. */
  async start(): Promise<void> {
    await this.#supervisor.start();
    const { signal } = this.#options;
    const wanted = processors.length * this.#backend.partitions;
    while (!signal.aborted) {
      const { mailboxes } = await this.#backend.health();
      if (mailboxes.filter(({ owner }) => owner !== null).length >= wanted) return;
      await delayOrAbort(20, signal);
    }
  }

  stop(): Promise<boolean> {
    return this.#supervisor.stop(10_000);
  }

  /** One run at one rate, from the first arrival until everything is settled or the wait is given up. */
  run(perSecond: number): Promise<LoadFigures> {
    return this.#run({ ...this.#plan(), perSecond, givesUp: false });
  }

  #plan() {
    const { durationMs, warmUpMs } = this.#options;
    return { durationMs, warmUpMs: Math.min(warmUpMs, durationMs / 2) };
  }

  /** Searches for the highest rate that is held with end-to-end p99 inside the objective. Returns every probe. */
  async search(sloMs: number, first: number, onProbe: (figures: LoadFigures, held: boolean) => void) {
    // The first run after a start is slow, whatever its rate.
    await this.#run({ durationMs: SEARCH_WARM_UP_MS, warmUpMs: 0, perSecond: first, givesUp: true });
    const probes: LoadFigures[] = [];
    let search: Search = beginSearch(first);
    while (search.next !== undefined && !this.#options.signal.aborted) {
      const figures = await this.#run({ ...this.#plan(), perSecond: search.next, givesUp: true });
      // An interrupted probe proves nothing; it is kept only when there is no other.
      if (this.#options.signal.aborted && probes.length > 0) break;
      const held = meetsObjective(figures, sloMs);
      probes.push(figures);
      onProbe(figures, held);
      search = afterProbe(search, held);
      if (figures.drained_in_seconds === null) await this.#drain();
    }
    return { held: search.held, probes };
  }

  async #run(plan: RunPlan): Promise<LoadFigures> {
    const { signal, processes } = this.#options;
    const { durability } = await this.#backend.health();
    const watch = await ProcessWatch.begin(processes);
    const start = performance.now() + START_DELAY_MS;
    const began = performance.timeOrigin + start;
    const recorder = new RunRecorder({ began, countsFrom: began + plan.warmUpMs });
    this.#recorder = recorder;
    this.#errorCounts.reset();
    const hopeless = new AbortController();
    const ended = new AbortController();
    const seconds = this.#everySecond(recorder, watch, ended.signal, () => {
      if (plan.givesUp && isHopeless(recorder, plan)) hopeless.abort();
    });
    const makingMs = await this.#offer(plan, start, recorder, AbortSignal.any([signal, hopeless.signal]));
    const offeredMs = Math.max(1, performance.now() - start);
    const drainedMs = await this.#drain(recorder);
    ended.abort();
    await seconds;
    this.#recorder = undefined;
    return this.#figures({ plan, durability, recorder, watch, makingMs, offeredMs, drainedMs });
  }

  async #offer(
    { durationMs, perSecond }: RunPlan,
    start: number,
    listener: RunRecorder,
    signal: AbortSignal,
  ): Promise<number> {
    const { arrivals, seed } = this.#options;
    const moments = scheduleArrivals({ kind: arrivals, perSecond, durationMs, seed });
    const make = this.#intakes(performance.timeOrigin + start, listener);
    const append = (events: readonly WireEvent[]) => this.#backend.append(events, "any", SIMULATOR);
    const makingMs = await runOpenLoop({ schedule: moments, make, append, start, listener, signal });
    listener.offering = false;
    return makingMs;
  }

  /** Generated cases that arrive now: the time of each event is the moment it is due. */
  #intakes(began: number, recorder: RunRecorder): (due: number) => WireEvent {
    const seed = `${this.#options.seed}/${this.#runs++}`;
    const from = new Date(began).toISOString();
    const cases = generateCases({ seed, count: Infinity, from });
    return (due) => {
      recorder.offered++;
      const { event } = cases.next().value!;
      return { ...withTwoDecimals(event), timestamp: new Date(Math.round(began + due)).toISOString() };
    };
  }

  async #everySecond(recorder: RunRecorder, watch: ProcessWatch, ended: AbortSignal, onTick: () => void) {
    const start = performance.now();
    for (let n = 1; !ended.aborted; n++) {
      await delayOrAbort(start + n * 1000 - performance.now(), ended);
      const processes = await watch.sample();
      // A second that was cut short would look like a drop in throughput.
      if (ended.aborted) return;
      this.#options.onSecond(recorder.tick(processes));
      onTick();
    }
  }

  /** Waits until nothing is left to settle; returns how long that took, or null after the longest wait. */
  async #drain(recorder?: RunRecorder): Promise<number | null> {
    const began = wallClock();
    const { signal } = this.#options;
    const unhurried = new AbortController().signal;
    while (wallClock() - began < (signal.aborted ? ABORTED_DRAIN_MS : DRAIN_MS)) {
      await delayOrAbort(20, unhurried);
      if ((recorder?.behind ?? 0) > 0) continue;
      const { mailboxes } = await this.#backend.health();
      if (mailboxes.some(({ pending, retrying }) => pending + retrying > 0)) continue;
      return Math.max(0, (recorder?.lastSettledAt ?? began) - began);
    }
    return null;
  }

  #figures(run: FinishedRun): LoadFigures {
    const { arrivals, seed, signal, supervision: { workers } } = this.#options;
    const { recorder, watch, plan, durability, offeredMs, drainedMs, makingMs } = run;
    const rate = (count: number) => tenth(count / Math.max(1, offeredMs - plan.warmUpMs) * 1000);
    const judged = {
      append_lag_seconds: Math.round(recorder.lagMs) / 1000,
      drained_in_seconds: drainedMs === null ? null : Math.round(drainedMs) / 1000,
      generator: { late_ms: recorder.late.figures(), making_percent: tenth(makingMs / offeredMs * 100) },
    };
    return {
      backend: this.#backend.name,
      durability,
      arrivals,
      rate_per_second: plan.perSecond,
      seconds: tenth(offeredMs / 1000),
      warm_up_seconds: plan.warmUpMs / 1000,
      seed,
      workers,
      appended_per_second: rate(recorder.appendedInTime),
      settled_per_second: rate(recorder.settledInTime),
      ...recorder.figures(),
      ...judged,
      errors: this.#errorCounts.figures(),
      processes: watch.figures(),
      verdict: signal.aborted ? INTERRUPTED : judge(judged),
    };
  }
}

interface RunPlan {
  readonly perSecond: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
  /** Whether the run ends early once the rate is clearly not held. */
  readonly givesUp: boolean;
}

interface FinishedRun {
  readonly plan: RunPlan;
  readonly durability: string;
  readonly recorder: RunRecorder;
  readonly watch: ProcessWatch;
  readonly makingMs: number;
  readonly offeredMs: number;
  readonly drainedMs: number | null;
}

function isHopeless({ behind, lagMs }: RunRecorder, { perSecond }: RunPlan): boolean {
  return behind > perSecond * HOPELESS_S || lagMs > HOPELESS_S * 1000;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

// Not awaited at the top level: the command imports this module, which must have been evaluated by then.
if (import.meta.main) {
  import("../main.ts").then(async ({ runProgram }) => Deno.exit(await runProgram(["load", ...Deno.args])));
}
