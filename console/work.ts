/** What a node is given to do: cases to feed, a citizen to play, an end to prove. @module */
import { processors } from "../actors/processors/all.ts";
import type { Backend } from "../backends/backend.ts";
import { citizenReads, playCitizen, type Playing } from "../simulators/citizen_play.ts";
import { feed } from "../simulators/feed.ts";
import type { ScenarioName } from "../simulators/scenarios.ts";
import type { SimulatedClock } from "../simulators/simulated_clock.ts";
import type { Output } from "./command.ts";
import type { StartValues } from "./start_options.ts";
import { exitCodes } from "./exit_codes.ts";
import { untilIdle } from "./idle.ts";
import type { RunningNode } from "./node.ts";
import { renderSummary, type Run, summarise } from "./summary.ts";
import { Progress } from "./terminal.ts";

interface Work {
  readonly backend: Backend;
  readonly running: RunningNode;
  readonly values: StartValues;
  /** Simulated time, when the citizen is to be played. */
  readonly clock: SimulatedClock | undefined;
  readonly stop: AbortSignal;
  readonly output: Output;
}

/** Feeds, plays, and with --until-idle waits for the end and proves the result; otherwise runs on. */
export async function doWork(work: Work): Promise<number> {
  const { backend, running, values, clock, stop, output } = work;
  const run: Run = { began: performance.now(), accepted: [], firstCases: [], seed: values.seed };
  const played = clock === undefined ? undefined : play(work, clock);
  if (values.count !== undefined || values.simulate !== undefined) await feedCases(work, run);
  if (!values["until-idle"]) return await (played?.ended ?? new Promise<number>(() => {}));
  await untilIdle(backend, running.quietMs, stop, {
    mailboxes: processors.length * backend.partitions,
    noTimers: played !== undefined,
    othersDone: () => played === undefined || played.isDone(),
  });
  if (stop.aborted) return exitCodes.ok;
  const summary = await summarise(backend, running.metrics.snapshot(), run);
  output.out(values.json ? JSON.stringify(summary) : renderSummary(summary));
  return summary.ledger.balanced ? exitCodes.ok : exitCodes.failed;
}

async function feedCases({ backend, running, values, stop, output }: Work, run: Run): Promise<void> {
  const { count, simulate: perSecond, scenario, from } = values;
  const progress = values.json ? undefined : new Progress(output, "cases", count);
  let fed = 0;
  await feed(backend, {
    seed: values.seed ?? crypto.randomUUID(),
    scenario: scenario as ScenarioName,
    ...(from === undefined ? {} : { from }),
    ...(count === undefined ? {} : { count }),
    ...(perSecond === undefined ? {} : { perSecond }),
    onAppended(events, duplicates) {
      running.metrics.published("case.intake", events.length - duplicates);
      // Kept only when there will be an end to account for.
      if (values["until-idle"]) { for (const { event_id } of events) run.accepted.push(event_id); }
      if (run.firstCases.length < 3) run.firstCases.push(events[0]!.correlation_id);
      progress?.at(fed += events.length);
    },
  }, stop);
  progress?.end();
}

/** Long enough for the citizen to have looked at everything that was settled, in milliseconds. */
const LOOKED_MS = 1_000;

/** Plays the citizen and the caseworker until the node stops. A failure of the player is the run's failure. */
function play({ backend, running, values, stop }: Work, clock: SimulatedClock) {
  let last: Playing | undefined;
  const ended = playCitizen({
    read: (fromPosition) => backend.readAll({ fromPosition, types: citizenReads }),
    append: (events) => backend.append(events),
    clock,
    signal: stop,
    seed: values.seed ?? "citizen",
    onLook: (playing) => void (last = playing),
  }).then(() => exitCodes.ok);
  return { ended, isDone: () => last?.scheduled === 0 && running.quietMs() > LOOKED_MS };
}
