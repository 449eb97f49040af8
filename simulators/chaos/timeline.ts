/** Playing a timeline: when each fault begins and ends, and what was seen of it. @module */
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import { faults } from "../faults/all.ts";
import type { Fault, TestbedFault } from "../faults/fault.ts";
import { steadyNow } from "./node/control_protocol.ts";
import type { RuntimeEventKind, SettleAttempt } from "../proof/history.ts";
import type { Scenario, TimelineStep } from "./scenario.ts";
import type { Recorder } from "../proof/recorder.ts";
import type { Testbed } from "./testbed/testbed.ts";

/** One fault that was applied. Times are milliseconds since the load began; undefined: it did not come to that. */
export interface FaultRecord {
  readonly name: string;
  readonly does: string;
  readonly appliedAt: number;
  readonly healedAt: number;
  /** What proves that it took effect. */
  readonly proof: string | undefined;
  /** From when it was applied to its first sign, and what that was. */
  readonly detectedMs: number | undefined;
  readonly detectedBy: RuntimeEventKind | undefined;
  /** Whether there has to be a sign. */
  readonly mustShow: boolean;
  /** From its end to the first batch that was settled after it; from its moment, where it is over at once. */
  readonly recoveredMs: number | undefined;
  /** The longest that a node took to answer a probe meanwhile; undefined where nobody asked. */
  readonly slowestProbeMs: number | undefined;
  /** What else must not be, in words. */
  readonly problems: readonly string[];
}

/** One fault of a timeline, at its time. */
interface ScheduledFault {
  readonly name: string;
  readonly does: string;
  readonly fault: TestbedFault;
  readonly atMs: number;
  readonly untilMs: number;
}

/** When which fault is applied, by the plan and the seed. */
export function scheduleFaults(
  { timeline }: Scenario,
  durationMs: number,
  chance: (p: number) => boolean,
): ScheduledFault[] {
  return timeline.filter((step) => chance(step.chance)).flatMap((step) => scheduleStep(step, durationMs));
}

function scheduleStep(
  { fault: name, at, until, times, leastMs }: TimelineStep,
  durationMs: number,
): ScheduledFault[] {
  const each = (until - at) * durationMs / times;
  return Array.from({ length: times }, (_, i) => {
    const atMs = at * durationMs + i * each;
    // Between two of a kind there is a while without.
    const lasts = times === 1 ? each : each / 2;
    const { does, testbed }: Fault = faults[name];
    return { name, does, fault: testbed!(), atMs, untilMs: atMs + Math.max(leastMs, lasts) };
  });
}

/** Plays all moments, each at its time; resolves when the last fault is over, to what is known of each by then. */
export async function runTimeline(
  scheduledFaults: readonly ScheduledFault[],
  testbed: Testbed,
  signal: AbortSignal,
): Promise<() => FaultRecord[]> {
  const began = steadyNow();
  const applied = await Promise.all(scheduledFaults.map(async (scheduled) => {
    const times = await applyFault(scheduled, testbed, began, signal);
    return () => recordFault(scheduled, times, testbed, began);
  }));
  return () => applied.map((record) => record());
}

interface AppliedTimes {
  readonly appliedAt: number;
  readonly healedAt: number;
}

async function applyFault(
  { fault, atMs, untilMs }: ScheduledFault,
  testbed: Testbed,
  began: number,
  signal: AbortSignal,
): Promise<AppliedTimes> {
  await delayOrAbort(began + atMs - steadyNow(), signal);
  const appliedAt = steadyNow();
  try {
    await fault.apply(testbed, signal, appliedAt);
    if (!fault.isInstant) await delayOrAbort(began + untilMs - steadyNow(), signal);
  } finally {
    await fault.heal?.(testbed);
  }
  return { appliedAt, healedAt: fault.isInstant ? appliedAt : steadyNow() };
}

function recordFault(
  { name, does, fault }: ScheduledFault,
  { appliedAt, healedAt }: AppliedTimes,
  testbed: Testbed,
  began: number,
): FaultRecord {
  const { recorder } = testbed;
  const { signs = [] } = fault;
  const sign = recorder.observedSince(appliedAt, ...signs).toSorted((a, b) => a.at - b.at)[0];
  const over = fault.isInstant ? sign?.at ?? appliedAt : healedAt;
  const settled = firstSettled(recorder, over, fault.affects);
  return {
    ...{ name, does, appliedAt: appliedAt - began, healedAt: healedAt - began },
    proof: fault.tookEffect(testbed, appliedAt),
    detectedMs: sign && sign.at - appliedAt,
    detectedBy: sign?.what,
    mustShow: signs.length > 0 && !fault.signsOptional,
    recoveredMs: settled && settled.endedAt! - healedAt,
    slowestProbeMs: fault.slowestProbeMs?.(),
    problems: fault.problems?.() ?? [],
  };
}

/** The first batch that was settled after a moment, of the partitions that were struck. */
function firstSettled(
  { attempts }: Recorder,
  at: number,
  affects: (partition: number) => boolean = () => true,
): SettleAttempt | undefined {
  const after = attempts.filter(({ result, begunAt, partition }) =>
    result === "settled" && begunAt >= at && affects(partition)
  );
  return after.toSorted((a, b) => a.endedAt! - b.endedAt!)[0];
}
