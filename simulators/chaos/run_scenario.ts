/** One run of a scenario: warm-up, faults, drain, ledger, verdict. @module */
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import { processors } from "../../actors/application.ts";
import { checkHistory, type Finding } from "../proof/history_checker.ts";
import { conservation } from "../proof/conservation.ts";
import { Ledger, type LedgerReport } from "../proof/ledger.ts";
import { steadyNow } from "./node/control_protocol.ts";
import type { RunHistory, RuntimeEvent } from "../proof/history.ts";
import { CHAOS_MAX_ATTEMPTS } from "./node/chaos_runtime.ts";
import type { Scenario } from "./scenario.ts";
import type { ChaosServer } from "./testbed/server.ts";
import { MAILBOXES, openTestbed, type RunningTestbed } from "./testbed/open_testbed.ts";
import type { BackendName } from "./testbed/testbed.ts";
import { type RunSeries, seriesOf } from "./series.ts";
import { type FaultRecord, runTimeline, scheduleFaults } from "./timeline.ts";
import { failuresOf } from "./verdict.ts";

interface RunOptions {
  readonly backend: BackendName;
  readonly seed: string;
  readonly durationMs: number;
  readonly perSecond: number;
  readonly server: ChaosServer | undefined;
  /** Told what goes on, a phase at a time. */
  readonly onPhase: (phase: string) => void;
  readonly signal: AbortSignal;
}

export interface RunResult {
  readonly scenario: string;
  readonly about: string;
  readonly backend: BackendName;
  readonly seed: string;
  readonly durationMs: number;
  readonly perSecond: number;
  readonly faults: readonly FaultRecord[];
  readonly findings: readonly Finding[];
  readonly ledger: LedgerReport;
  /** Events accepted, deliveries settled. */
  readonly accepted: number;
  readonly settled: number;
  readonly drainMs: number;
  readonly told: Readonly<Record<string, number>>;
  readonly series: RunSeries;
  /** Why it failed; none when it passed. */
  readonly failures: readonly string[];
}

/** Longest times of phases, in milliseconds. */
const WARM_UP_MS = 30_000;
const DRAIN_MS = 40_000;
/** The load goes on this long after the last fault, so that recovery can be seen. */
const AFTER_MS = 500;

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<RunResult> {
  const { seed, perSecond, server, onPhase } = options;
  const { nodes, guarded, smallHeap } = scenario;
  onPhase("setting the stage");
  try {
    const testbed = await openTestbed({ seed, perSecond, nodes, guarded, smallHeap, server });
    try {
      return await runOnTestbed(testbed, scenario, options);
    } finally {
      await testbed.tearDown();
    }
  } catch (error) {
    return abortedResult(scenario, options, error);
  }
}

/** A run that could not be played to its end has failed, whatever the reason. */
function abortedResult({ name, about }: Scenario, options: RunOptions, error: unknown): RunResult {
  const { backend, seed, durationMs, perSecond } = options;
  const why = error instanceof Error ? error.stack ?? error.message : String(error);
  return {
    ...{ scenario: name, about, backend, seed, durationMs, perSecond },
    ...{ faults: [], findings: [], accepted: 0, settled: 0, drainMs: 0, told: {} },
    ledger: new Ledger(conservation).report(new Map()),
    series: { stepMs: 1, settled: [], waiting: [], marks: [] },
    failures: [`it broke off: ${why}`],
  };
}

/** Plays a scenario on a stage that is set, and judges what came of it. */
export async function runOnTestbed(
  testbed: RunningTestbed,
  scenario: Scenario,
  options: RunOptions,
): Promise<RunResult> {
  const { durationMs, onPhase, signal } = options;
  const { producer, recorder } = testbed;
  onPhase("warm-up");
  producer.start();
  const isWarm = () => new Set(recorder.attempts.filter(({ result }) => result).map(mailboxOf)).size >= 8;
  const warm = await recorder.waitUntil(isWarm, WARM_UP_MS, signal);
  const began = steadyNow();
  onPhase("faults");
  const scheduledFaults = scheduleFaults(scenario, durationMs, (p) => testbed.random.chance(p));
  const records = await runTimeline(scheduledFaults, testbed, signal);
  await delayOrAbort(Math.max(began + durationMs - steadyNow(), AFTER_MS), signal);
  onPhase("drain");
  const drainBegan = steadyNow();
  const unsettled = await drain(testbed, signal);
  const drainMs = steadyNow() - drainBegan;
  onPhase("ledger");
  const faults = records();
  await testbed.stopNodes();
  const history = await historyOf(testbed, unsettled);
  const { findings, ledger } = checkHistory(history);
  const failures = failuresOf({ scenario, faults, findings, warm, interrupted: signal.aborted });
  const settled = history.attempts.filter(({ result }) => result === "settled");
  return {
    scenario: scenario.name,
    about: scenario.about,
    backend: options.backend,
    seed: options.seed,
    durationMs,
    perSecond: options.perSecond,
    faults,
    findings,
    ledger,
    accepted: history.accepted.length,
    settled: settled.reduce((sum, { positions, failed }) => sum + positions.length - failed.length, 0),
    drainMs,
    told: countsOf(history.observed),
    series: seriesOf(history, recorder.health, began, steadyNow()),
    failures,
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

async function historyOf(
  { reader, producer, recorder }: RunningTestbed,
  unsettled: number,
): Promise<RunHistory> {
  const { attempts, leasesAcquired, observed, killed, inFlight } = recorder;
  const crashes = [...recorder.crashes, ...producer.failures];
  const events = await Array.fromAsync(reader.readAll());
  const deadLetters = await reader.deadLetters.list({ limit: 10_000 });
  return {
    ...{ attempts, leasesAcquired, observed, crashes, killed, inFlight },
    accepted: producer.accepted,
    sent: producer.unacknowledged,
    poison: producer.poison,
    flaky: producer.flaky,
    stored: { events, deadLetters, unsettled },
    takes: Object.fromEntries(processors.map(({ name, takes }) => [name, takes])),
    maxAttempts: CHAOS_MAX_ATTEMPTS,
  };
}

function countsOf(observed: readonly RuntimeEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { what } of observed) counts[what] = (counts[what] ?? 0) + 1;
  return counts;
}

function mailboxOf({ processor, partition }: { processor: string; partition: number }): string {
  return `${processor}/${partition}`;
}
