/** The node process: opens, runs, stops, and says how it went. @module */
import type { Backend } from "../backends/backend.ts";
import type { ScenarioName } from "../simulators/scenarios.ts";
import { feed } from "../simulators/feed.ts";
import { openBackend, requireReadable } from "./backend_options.ts";
import type { Output } from "./command.ts";
import type { StartValues } from "./commands/start.ts";
import { exitCodes } from "./exit_codes.ts";
import { untilIdle } from "./idle.ts";
import { AwayNotice, type RunningNode, startNode } from "./node.ts";
import { stopRequests } from "./stopping.ts";
import { renderSummary, type Run, summarise } from "./summary.ts";
import { Progress } from "./terminal.ts";

/** Runs a node until it is asked to stop, is idle, or gives up. Returns the exit code. */
export async function runNode(values: StartValues, output: Output): Promise<number> {
  const requests = stopRequests(true);
  const away = new AwayNotice();
  const { node, lease: leaseMs } = values;
  const opened = await openBackend(values, {
    role: "node",
    leaseMs,
    onAway: away.listener,
    ...(node === undefined ? {} : { node }),
  });
  try {
    await requireReadable(opened.backend);
    const { host, port, workers, json } = values;
    const options = { node: node ?? "node", workers, http: { host, port }, json, log: output.err };
    const running = await startNode(opened.backend, away, options);
    await announce(opened.backend, opened.where, running, values, output);
    const work = doWork(opened.backend, running, values, requests.first, output);
    return await untilEnd(running, work, values, requests);
  } finally {
    await opened.close();
    requests.close();
  }
}

/** Waits for the work to end, a request to stop, or the supervisor's own end; then stops in order. */
async function untilEnd(
  running: RunningNode,
  work: Promise<number>,
  values: StartValues,
  requests: ReturnType<typeof stopRequests>,
): Promise<number> {
  const asked = new Promise<number>((resolve) => {
    if (requests.first.aborted) resolve(exitCodes.ok);
    requests.first.addEventListener("abort", () => resolve(exitCodes.ok), { once: true });
  });
  const gaveUp = running.supervisor.ended().then(({ kind }) =>
    kind === "escalated" ? exitCodes.recycle : exitCodes.ok
  );
  try {
    const code = await Promise.race([work, asked, gaveUp]);
    const stopped = running.stop(values["stop-within"]);
    const inTime = await Promise.race([stopped, requests.second.then(() => undefined)]);
    if (inTime === undefined) return exitCodes.interrupted;
    return code === exitCodes.ok && !inTime ? exitCodes.failed : code;
  } catch (error) {
    await running.stop(0);
    throw error;
  }
}

async function announce(
  backend: Backend,
  where: string,
  running: RunningNode,
  { json }: StartValues,
  { err }: Output,
): Promise<void> {
  const { durability } = await backend.health();
  const url = running.http?.url;
  if (json) {
    const at = new Date().toISOString();
    return err(JSON.stringify({ at, event: "started", backend: backend.name, where, durability, url }));
  }
  err(`Zaakstroom runs on ${backend.name} (${where}): ${durability}`);
  if (url !== undefined) err(`See ${url}health and ${url}metrics`);
}

/** Feeds and, with --until-idle, waits for the end and proves the result; otherwise runs on. */
async function doWork(
  backend: Backend,
  running: RunningNode,
  values: StartValues,
  stop: AbortSignal,
  output: Output,
): Promise<number> {
  const run: Run = { began: performance.now(), accepted: [], firstCases: [], seed: values.seed };
  if (values.count !== undefined || values.simulate !== undefined) {
    await feedCases(backend, running, values, run, stop, output);
  }
  if (!values["until-idle"]) return await new Promise<number>(() => {});
  await untilIdle(backend, running.quietMs, stop);
  if (stop.aborted) return exitCodes.ok;
  const summary = await summarise(backend, running.metrics.snapshot(), run);
  output.out(values.json ? JSON.stringify(summary) : renderSummary(summary));
  return summary.ledger.balanced ? exitCodes.ok : exitCodes.failed;
}

async function feedCases(
  backend: Backend,
  running: RunningNode,
  values: StartValues,
  run: Run,
  stop: AbortSignal,
  output: Output,
): Promise<void> {
  const { count, simulate: perSecond, scenario } = values;
  const progress = values.json ? undefined : new Progress(output, "cases", count);
  const seed = values.seed ?? crypto.randomUUID();
  let fed = 0;
  await feed(backend, {
    seed,
    scenario: scenario as ScenarioName,
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
