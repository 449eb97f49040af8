/** Playing a timeline: when each fault begins and ends, and what was seen of it. @module */
import { faults } from "../faults/all.ts";
import type { Fault } from "../faults/fault.ts";
import { steadyNow } from "./control.ts";
import type { Attempt, ToldKind } from "./history.ts";
import type { Scenario, Step } from "./scenario.ts";
import type { Recorder } from "./recorder.ts";
import type { Stage } from "./stage.ts";

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
  readonly detectedBy: ToldKind | undefined;
  /** Whether there has to be a sign. */
  readonly mustShow: boolean;
  /** From its end to the first batch that was settled after it; from its moment, where it is over at once. */
  readonly recoveredMs: number | undefined;
}

/** One fault of a timeline, at its time. */
interface Moment {
  readonly fault: Fault;
  readonly atMs: number;
  readonly untilMs: number;
}

/** When which fault is applied, by the plan and the seed. */
export function momentsOf(
  { timeline }: Scenario,
  durationMs: number,
  chance: (p: number) => boolean,
): Moment[] {
  return timeline.filter((step) => chance(step.chance)).flatMap((step) => momentsOfStep(step, durationMs));
}

function momentsOfStep({ fault, at, until, times, leastMs }: Step, durationMs: number): Moment[] {
  const each = (until - at) * durationMs / times;
  return Array.from({ length: times }, (_, i) => {
    const atMs = at * durationMs + i * each;
    // Between two of a kind there is a while without.
    const lasts = times === 1 ? each : each / 2;
    return { fault: faults[fault](), atMs, untilMs: atMs + Math.max(leastMs, lasts) };
  });
}

/** Plays all moments, each at its time; resolves when the last fault is over. */
export async function playTimeline(moments: readonly Moment[], stage: Stage, signal: AbortSignal) {
  const began = steadyNow();
  const played = await Promise.all(moments.map((moment) => playMoment(moment, stage, began, signal)));
  return (): FaultRecord[] => played.map((one) => recordOf(one, stage, began));
}

interface Played {
  readonly fault: Fault;
  readonly appliedAt: number;
  readonly healedAt: number;
}

async function playMoment(
  { fault, atMs, untilMs }: Moment,
  stage: Stage,
  began: number,
  signal: AbortSignal,
) {
  await sleep(began + atMs - steadyNow(), signal);
  const appliedAt = steadyNow();
  try {
    await fault.apply(stage, signal);
    if (!fault.isInstant) await sleep(began + untilMs - steadyNow(), signal);
  } finally {
    await fault.heal(stage);
  }
  return { fault, appliedAt, healedAt: fault.isInstant ? appliedAt : steadyNow() };
}

function recordOf({ fault, appliedAt, healedAt }: Played, stage: Stage, began: number): FaultRecord {
  const { recorder } = stage;
  const sign = recorder.since(appliedAt, ...fault.shownBy).toSorted((a, b) => a.at - b.at)[0];
  const over = fault.isInstant ? sign?.at ?? appliedAt : healedAt;
  const settled = firstSettled(recorder, over, fault.strikes);
  return {
    name: fault.name,
    does: fault.does,
    appliedAt: appliedAt - began,
    healedAt: healedAt - began,
    proof: fault.tookEffect(stage),
    detectedMs: sign && sign.at - appliedAt,
    detectedBy: sign?.what,
    mustShow: fault.shownBy.length > 0 && !fault.maybeSilent,
    recoveredMs: settled && settled.endedAt! - healedAt,
  };
}

/** The first batch that was settled after a moment, of the partitions that were struck. */
function firstSettled(
  { attempts }: Recorder,
  at: number,
  strikes: (partition: number) => boolean = () => true,
): Attempt | undefined {
  const after = attempts.filter(({ result, begunAt, partition }) =>
    result === "settled" && begunAt >= at && strikes(partition)
  );
  return after.toSorted((a, b) => a.endedAt! - b.endedAt!)[0];
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.max(0, ms));
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
