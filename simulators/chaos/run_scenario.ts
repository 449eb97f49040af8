/** One run of a scenario: warm-up, faults, drain, ledger, verdict. @module */
import { processors } from "../../actors/application.ts";
import type { Backend } from "../../backends/backend.ts";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import { mailboxOf } from "../proof/delivery_order.ts";
import { checkHistory, type Finding } from "../proof/history_checker.ts";
import { conservation } from "../proof/conservation.ts";
import { Ledger, type LedgerReport } from "../proof/ledger.ts";
import { steadyNow } from "./node/control_protocol.ts";
import { MAX_ATTEMPTS, readStore, type RunHistory, type RuntimeEvent } from "../proof/history.ts";
import type { Scenario } from "./scenario.ts";
import type { ChaosServer } from "./testbed/server.ts";
import { MAILBOXES, openTestbed, type RunningTestbed } from "./testbed/open_testbed.ts";
import type { BackendName } from "./testbed/testbed.ts";
import { type RunSeries, seriesOf } from "./series.ts";
import { type FaultRecord, runTimeline, scheduleFaults } from "./timeline.ts";
import { failuresOf } from "./verdict.ts";

/** What a run is made from, beside its scenario. */
export interface RunSettings {
  readonly backend: BackendName;
  readonly seed: string;
  readonly durationMs: number;
  readonly perSecond: number;
}

interface RunOptions extends RunSettings {
  readonly nodeEntry: string;
  /** None for memory. */
  readonly server: ChaosServer | undefined;
  /** Stands between the node and its store; in memory only. */
  readonly wrapStore?: ((store: Backend) => Backend) | undefined;
  /** Called at the beginning of each phase. */
  readonly onPhase: (phase: string) => void;
  readonly signal: AbortSignal;
}

export interface RunResult extends RunSettings {
  readonly scenario: string;
  readonly about: string;
  readonly faults: readonly FaultRecord[];
  readonly findings: readonly Finding[];
  readonly ledger: LedgerReport;
  /** Events accepted, deliveries settled. */
  readonly accepted: number;
  readonly settled: number;
  readonly drainMs: number;
  readonly observed: Readonly<Record<string, number>>;
  readonly series: RunSeries;
  /** Why it failed; none when it passed. */
  readonly failures: readonly string[];
}

/** Longest times of phases, in milliseconds: they end a run that stands still, and are far beyond those of a busy machine. */
const WARM_UP_MS = 120_000;
const DRAIN_MS = 120_000;
/** The load goes on this long after the last fault, so that recovery can be seen. */
const AFTER_MS = 500;

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<RunResult> {
  const { nodes, guarded, smallHeap } = scenario;
  options.onPhase("testbed");
  try {
    const testbed = await openTestbed({ ...options, nodes, guarded, smallHeap });
    try {
      return await judge(await play(testbed, scenario, options), testbed, scenario, options);
    } finally {
      await testbed.tearDown();
    }
  } catch (error) {
    return abortedResult(scenario, options, error);
  }
}

/** A run that broke off has failed, whatever the reason. */
function abortedResult(scenario: Scenario, options: RunOptions, error: unknown): RunResult {
  const why = error instanceof Error ? error.stack ?? error.message : String(error);
  return {
    ...identityOf(scenario, options),
    ...{ faults: [], findings: [], accepted: 0, settled: 0, drainMs: 0, observed: {} },
    ledger: new Ledger(conservation).report(new Map()),
    series: { stepMs: 1, settled: [], waiting: [], marks: [] },
    failures: [`it broke off: ${why}`],
  };
}

function identityOf({ name, about }: Scenario, { backend, seed, durationMs, perSecond }: RunSettings) {
  return { scenario: name, about, backend, seed, durationMs, perSecond };
}

interface PlayedRun {
  /** The load was flowing before the first fault. */
  readonly warm: boolean;
  /** When the load was flowing. */
  readonly began: number;
  readonly drainMs: number;
  /** Deliveries that were not settled when the time was over. */
  readonly unsettled: number;
  readonly faults: readonly FaultRecord[];
}

/** Plays a scenario on a testbed that is open: warm-up, faults, drain. The nodes are stopped at the end. */
async function play(testbed: RunningTestbed, scenario: Scenario, options: RunOptions): Promise<PlayedRun> {
  const { durationMs, onPhase, signal } = options;
  const { producer, recorder, random } = testbed;
  onPhase("warm-up");
  producer.start();
  const isWarm = () => new Set(recorder.attempts.filter(({ result }) => result).map(mailboxOf)).size >= 8;
  const warm = await recorder.waitUntil(isWarm, WARM_UP_MS, signal);
  const began = steadyNow();
  onPhase("faults");
  const scheduled = scheduleFaults(scenario, durationMs, (p) => random.chance(p));
  const records = await runTimeline(scheduled, testbed, signal);
  await delayOrAbort(Math.max(began + durationMs - steadyNow(), AFTER_MS), signal);
  onPhase("drain");
  const drainBegan = steadyNow();
  const unsettled = await drain(testbed, signal);
  const drainMs = steadyNow() - drainBegan;
  onPhase("ledger");
  const faults = records();
  await testbed.stopNodes();
  return { warm, began, drainMs, unsettled, faults };
}

async function judge(
  { warm, began, drainMs, unsettled, faults }: PlayedRun,
  testbed: RunningTestbed,
  scenario: Scenario,
  options: RunOptions,
): Promise<RunResult> {
  const history = await historyOf(testbed, unsettled);
  const { findings, ledger } = checkHistory(history);
  const settled = history.attempts.filter(({ result }) => result === "settled");
  return {
    ...identityOf(scenario, options),
    ...{ faults, findings, ledger, drainMs },
    accepted: history.accepted.length,
    settled: settled.reduce((sum, { positions, failed }) => sum + positions.length - failed.length, 0),
    observed: countsOf(history.observed),
    series: seriesOf(history, testbed.recorder.health, began, steadyNow()),
    failures: failuresOf({ scenario, faults, findings, warm, interrupted: options.signal.aborted }),
  };
}

/** Waits until nothing is left to do; returns how much was, when the time was over. */
async function drain({ producer, recorder }: RunningTestbed, signal: AbortSignal): Promise<number> {
  await producer.stop(DRAIN_MS);
  const from = steadyNow();
  const idle = () => {
    const last = recorder.health.filter(({ at }) => at > from).slice(-2);
    return last.length === 2 &&
      last.every(({ mailboxes, pending, retrying, timersDue }) =>
        mailboxes >= MAILBOXES && pending === 0 && retrying === 0 && !timersDue
      );
  };
  if (await recorder.waitUntil(idle, DRAIN_MS, signal)) return 0;
  const last = recorder.health.at(-1);
  return Math.max(1, (last?.pending ?? 0) + (last?.retrying ?? 0));
}

/** Clocks of two processes of one machine may differ by this much, in milliseconds. */
const CLOCK_SKEW_MS = 20;

async function historyOf(
  { reader, producer, recorder }: RunningTestbed,
  unsettled: number,
): Promise<RunHistory> {
  const { accepted, unacknowledged: sent, poison, flaky } = producer;
  return {
    ...recorder.reported,
    crashes: [...recorder.crashes, ...producer.failures],
    ...{ accepted, sent, poison, flaky, follows: conservation },
    stored: await readStore(reader, unsettled),
    takes: Object.fromEntries(processors.map(({ name, takes }) => [name, takes])),
    ...{ maxAttempts: MAX_ATTEMPTS, clockSkewMs: CLOCK_SKEW_MS },
  };
}

function countsOf(observed: readonly RuntimeEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { what } of observed) counts[what] = (counts[what] ?? 0) + 1;
  return counts;
}
