/** What a node is given to do: cases to feed, a citizen to play, an end to prove. @module */
import { processors } from "../../actors/application.ts";
import type { Backend } from "../../backends/backend.ts";
import {
  citizenEventTypes,
  type CitizenProgress,
  simulateCitizen,
} from "../../simulators/citizen/citizen_simulation.ts";
import { appendGeneratedCases, CONCURRENT_APPENDS } from "../../simulators/load/case_feed.ts";
import type { CaseVariantName } from "../../simulators/cases/variants.ts";
import { type HeldTime, recordedAtOnce, type Unsettled } from "../../simulators/citizen/held_time.ts";
import type { SimulatedClock } from "../../simulators/citizen/simulated_clock.ts";
import type { WireEvent } from "../../schema/events.ts";
import type { Output } from "../cli/command.ts";
import type { StartValues } from "./start_options.ts";
import { SIMULATOR } from "../../schema/authority/names.ts";
import { exitCodes } from "../cli/exit_codes.ts";
import { isSettled, waitUntilIdle } from "./idle.ts";
import type { RunningNode } from "./node.ts";
import { renderSummary, summariseRun, type WorkloadRecord } from "./run_summary.ts";
import { toSnakeCase } from "../cli/output.ts";
import { toJsonText } from "../cli/redaction.ts";
import { Progress } from "../cli/terminal.ts";

/** The time of a run in which the citizen is played. */
export interface SimulatedTime {
  readonly clock: SimulatedClock;
  /** What of it has come for the store. */
  readonly held: HeldTime;
}

interface Workload {
  readonly backend: Backend;
  readonly running: RunningNode;
  readonly values: StartValues;
  /** Simulated time, when the citizen is to be played. */
  readonly simulated: SimulatedTime | undefined;
  readonly stop: AbortSignal;
  readonly output: Output;
}

/** Feeds, plays, and with --until-idle waits for the end and proves the result; otherwise runs on. */
export async function runWorkload(workload: Workload): Promise<number> {
  const { backend, running, values, simulated, stop, output } = workload;
  const record: WorkloadRecord = {
    began: performance.now(),
    accepted: [],
    firstCases: [],
    isContinued: false,
    seed: values.seed,
  };
  const citizen = simulated === undefined ? undefined : startCitizen(workload, simulated);
  if (values.count !== undefined || values.simulate !== undefined) await appendCases(workload, record);
  if (!values["until-idle"]) return await (citizen?.ended ?? new Promise<number>(() => {}));
  await waitUntilIdle(backend, running.sinceSettledMs, stop, {
    mailboxes: processors.length * backend.partitions,
    noTimers: citizen !== undefined,
    isInputDone: () => citizen === undefined || citizen.isDone(),
  });
  if (stop.aborted) return exitCodes.ok;
  const summary = await summariseRun(backend, running.metrics.snapshot(), record);
  output.out(values.json ? toJsonText(toSnakeCase(summary)) : renderSummary(summary));
  return summary.ledger.balanced ? exitCodes.ok : exitCodes.failed;
}

async function appendCases(
  { backend, running, values, simulated, stop, output }: Workload,
  record: WorkloadRecord,
): Promise<void> {
  const { count, simulate: perSecond, scenario, from } = values;
  const progress = values.json ? undefined : new Progress(output, { what: "cases", total: count });
  let appended = 0;
  await appendGeneratedCases(backend, {
    seed: values.seed ?? crypto.randomUUID(),
    scenario: scenario as CaseVariantName,
    ...(from === undefined ? {} : { from }),
    change: changeOf(values, simulated),
    ...(count === undefined ? {} : { count }),
    ...(perSecond === undefined ? {} : { perSecond }),
    onAppended(events, duplicates, nth) {
      running.metrics.recordAppended(events[0]!.event_type, events.length - duplicates);
      // Kept only when there will be an end to account for.
      if (values["until-idle"]) { for (const { event_id } of events) record.accepted.push(event_id); }
      if (nth < CONCURRENT_APPENDS) record.firstCases.push(events[0]!.correlation_id);
      record.isContinued ||= duplicates > 0;
      progress?.update(appended += events.length);
    },
  }, stop);
  progress?.clear();
}

/**
 * Of a run that begins now no case lies in the future: without simulated time they all came in when it began, so that a run that
 * is interrupted appends the same events again; an endless one has them as they come.
 */
function changeOf({ arrivesNow, count, from }: StartValues, simulated: SimulatedTime | undefined) {
  if (simulated !== undefined) return recordedAtOnce;
  if (!arrivesNow) return (event: WireEvent) => event;
  const began = count === undefined ? undefined : from;
  return (event: WireEvent) => ({ ...event, timestamp: began ?? new Date().toISOString() });
}

/** Long enough for the citizen to have looked at everything that was settled, in milliseconds. */
const CITIZEN_IDLE_MS = 1_000;

/** Plays the citizen and the caseworker until the node stops. A failure of the player is the run's failure. */
function startCitizen({ backend, running, values, stop }: Workload, { clock, held }: SimulatedTime) {
  let last: CitizenProgress | undefined;
  const ended = simulateCitizen({
    read: (fromPosition) => backend.readAll({ fromPosition, types: citizenEventTypes }),
    append: (events) => backend.append(events.map(recordedAtOnce), "any", SIMULATOR),
    clock,
    held: { time: held, unsettled: () => unsettledOf(backend, running) },
    signal: stop,
    seed: values.seed ?? "citizen",
    onProgress: (playing) => void (last = playing),
  }).then(() => exitCodes.ok);
  return { ended, isDone: () => last?.scheduled === 0 && running.sinceSettledMs() > CITIZEN_IDLE_MS };
}

/** What the store has still to do. A health that was read while something was settled is not believed. */
async function unsettledOf(backend: Backend, running: RunningNode): Promise<Unsettled> {
  const askedAt = performance.now();
  const health = await backend.health();
  const { mailboxes, nextTimerAt } = health;
  const hasSettled = running.sinceSettledMs() <= performance.now() - askedAt;
  const isKnown = mailboxes.length >= processors.length * backend.partitions;
  return {
    isBusy: hasSettled || !isKnown || !isSettled(health),
    nextTimerAt: nextTimerAt === null ? Infinity : Date.parse(nextTimerAt),
  };
}
