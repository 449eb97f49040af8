/** The node process: opens, runs, stops, and says how it went. @module */
import type { Backend } from "../../backends/backend.ts";
import { type SimulatedClock, simulatedClock } from "../../simulators/citizen/simulated_clock.ts";
import { openBackend, requireReadable } from "../store/open_backend.ts";
import type { Output } from "../cli/command.ts";
import type { StartValues } from "./start_options.ts";
import { exitCodes } from "../cli/exit_codes.ts";
import { AvailabilityMonitor, type RunningNode, startNode } from "./node.ts";
import { readPolicy } from "./policy_file.ts";
import { listenForStop } from "../cli/shutdown.ts";

/** Runs a node until it is asked to stop, is idle, or gives up. Returns the exit code. */
export async function runNode(values: StartValues, output: Output): Promise<number> {
  const policy = values.policy === undefined ? undefined : await readPolicy(values.policy);
  const requests = listenForStop(true);
  const availability = new AvailabilityMonitor();
  const { node, lease: leaseMs } = values;
  const clock = clockOf(values);
  const opening = openBackend(values, {
    role: "node",
    migrate: "apply",
    ...(leaseMs === undefined ? {} : { leaseMs }),
    onAvailabilityChange: availability.onAvailabilityChange,
    onNotice: (line) => output.err(values.json ? notice(line) : line),
    ...(clock === undefined ? {} : { timersAsOf: () => clock.now() }),
    ...(node === undefined ? {} : { node }),
  });
  try {
    const { host, port, workers, json, backend: name } = values;
    const options = {
      node: node ?? "node",
      backend: name,
      workers,
      policy,
      http: { host, port },
      json,
      log: output.err,
    };
    const readable = opening.then(({ backend }) => requireReadable(backend).then(() => backend));
    // Should the node not even start, nobody waits for this any more.
    readable.catch(() => {});
    const running = await startNode(readable, availability, options);
    const { backend, where } = await opening;
    await announce(backend, where, running, values, output);
    // What generates and proves cases is loaded while the node is at work already.
    const workload = import("./workload.ts").then(({ runWorkload: doWork }) =>
      doWork({ backend, running, values, clock, stop: requests.graceful, output })
    );
    return await waitForEnd(running, workload, values, requests);
  } finally {
    await (await opening.catch(() => undefined))?.close();
    requests.close();
  }
}

function notice(line: string): string {
  return JSON.stringify({ at: new Date().toISOString(), event: "notice", line });
}

/** Simulated time, where it is asked for. It begins with the cases: at each start of the node anew, which does no harm. */
function clockOf({ from, "time-scale": scale }: StartValues): SimulatedClock | undefined {
  return scale === undefined ? undefined : simulatedClock({ from: from ?? new Date().toISOString(), scale });
}

/** Waits for the work to end, a request to stop, or the supervisor's own end; then stops in order. */
async function waitForEnd(
  running: RunningNode,
  workload: Promise<number>,
  values: StartValues,
  requests: ReturnType<typeof listenForStop>,
): Promise<number> {
  const stopRequested = new Promise<number>((resolve) => {
    if (requests.graceful.aborted) resolve(exitCodes.ok);
    requests.graceful.addEventListener("abort", () => resolve(exitCodes.ok), { once: true });
  });
  const supervisorEnded = running.supervisor.ended().then(({ kind }) =>
    kind === "escalated" ? exitCodes.recycle : exitCodes.ok
  );
  try {
    const code = await Promise.race([workload, stopRequested, supervisorEnded]);
    const stopped = running.stop(values["stop-within"]);
    const inTime = await Promise.race([stopped, requests.immediate.then(() => undefined)]);
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
